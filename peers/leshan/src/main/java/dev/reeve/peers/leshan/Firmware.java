package dev.reeve.peers.leshan;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** Object 5, Firmware Update: takes packages that a server pushes, and runs another version a moment after Update. */
final class Firmware extends BaseInstanceEnabler {
    private static final int PACKAGE = 0;
    private static final int PACKAGE_URI = 1;
    private static final int UPDATE = 2;
    private static final int STATE = 3;
    private static final int RESULT = 5;
    private static final int DELIVERY = 9;

    private static final int IDLE = 0;
    private static final int DOWNLOADED = 2;
    private static final int UPDATING = 3;
    private static final int UPDATED = 1;
    private static final int PUSH = 1;
    private static final long INSTALL_MS = 300;

    private final Events events;
    private final Vehicle vehicle;
    private final String becomes;
    private int state = IDLE;
    private int result = 0;

    Firmware(Events events, Vehicle vehicle, String becomes) {
        this.events = events;
        this.vehicle = vehicle;
        this.becomes = becomes;
    }

    @Override
    public synchronized ReadResponse read(LwM2mServer server, int resource) {
        return switch (resource) {
            case PACKAGE_URI -> ReadResponse.success(PACKAGE_URI, "");
            case STATE -> ReadResponse.success(STATE, state);
            case RESULT -> ReadResponse.success(RESULT, result);
            case DELIVERY -> ReadResponse.success(DELIVERY, PUSH);
            default -> super.read(server, resource);
        };
    }

    @Override
    public synchronized WriteResponse write(LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
        return switch (resource) {
            case PACKAGE -> {
                byte[] content = (byte[]) value.getValue();
                become(content.length > 1 ? DOWNLOADED : IDLE, 0);
                events.emit("package", "bytes", content.length, "sha256", sha256(content));
                yield WriteResponse.success();
            }
            case PACKAGE_URI -> {
                become(IDLE, 0);
                yield WriteResponse.success();
            }
            default -> super.write(server, replace, resource, value);
        };
    }

    @Override
    public synchronized ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
        if (resource != UPDATE || state != DOWNLOADED) {
            return ExecuteResponse.methodNotAllowed();
        }
        become(UPDATING, 0);
        CompletableFuture.delayedExecutor(INSTALL_MS, TimeUnit.MILLISECONDS).execute(() -> {
            vehicle.firmware(becomes);
            become(IDLE, UPDATED);
        });
        return ExecuteResponse.success();
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        return List.of(PACKAGE, PACKAGE_URI, UPDATE, STATE, RESULT, DELIVERY);
    }

    private synchronized void become(int nextState, int nextResult) {
        state = nextState;
        result = nextResult;
        fireResourcesChange(getResourcePaths(STATE, RESULT));
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
