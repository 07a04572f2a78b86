package dev.reeve.peers.leshan;

import java.util.HexFormat;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.WriteRequest.Mode;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/** Lines of the form {@code read|write|observe|execute ENDPOINT PATH [VALUE]}, each answered by one event, in order. */
final class ServerCommands {
    private static final long TIMEOUT_MS = 10_000;

    private final LeshanServer server;
    private final Events events;

    ServerCommands(LeshanServer server, Events events) {
        this.server = server;
        this.events = events;
    }

    /** Emits {@code response} with the CoAP code as class × 100 + detail (null: no answer), or {@code error}. */
    void obey(String line) throws InterruptedException {
        String[] words = line.split(" ", 4);
        try {
            LwM2mPath path = new LwM2mPath(words[2]);
            Registration registration = server.getRegistrationService().getByEndpoint(words[1]);
            if (registration == null) {
                throw new IllegalArgumentException("not registered");
            }
            LwM2mResponse response = server.send(registration, request(registration, words, path), TIMEOUT_MS);
            events.emit("response", "command", words[0], "endpoint", words[1], "path", words[2],
                    "code", response == null ? null : response.getCode().getCode(),
                    "value", response instanceof ReadResponse read ? NodeJson.of(read.getContent()) : null);
        } catch (RuntimeException e) {
            events.emit("error", "line", line, "message", e.toString());
        }
    }

    private DownlinkDeviceManagementRequest<? extends LwM2mResponse> request(Registration registration, String[] words,
            LwM2mPath path) {
        return switch (words[0]) {
            case "read" -> new ReadRequest(words[2]);
            case "observe" -> new ObserveRequest(words[2]);
            case "execute" -> new ExecuteRequest(words[2]);
            case "write" -> new WriteRequest(Mode.REPLACE, ContentFormat.TLV, path,
                    LwM2mSingleResource.newResource(path.getResourceId(), value(registration, path, words[3]),
                            type(registration, path)));
            default -> throw new IllegalArgumentException("unknown command");
        };
    }

    private Type type(Registration registration, LwM2mPath path) {
        ObjectModel object = server.getModelProvider().getObjectModel(registration).getObjectModel(path.getObjectId());
        ResourceModel resource = object == null ? null : object.resources.get(path.getResourceId());
        return resource == null ? Type.STRING : resource.type;
    }

    private Object value(Registration registration, LwM2mPath path, String text) {
        return switch (type(registration, path)) {
            case INTEGER -> Long.valueOf(text);
            case FLOAT -> Double.valueOf(text);
            case BOOLEAN -> Boolean.valueOf(text);
            case OPAQUE -> HexFormat.of().parseHex(text);
            case STRING -> text;
            default -> throw new IllegalArgumentException("cannot write a " + type(registration, path));
        };
    }
}
