package dev.reeve.peers.leshan;

import java.util.List;
import java.util.Map;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** Object 8, Lock and Wipe (urn:oma:lwm2m:oma:8, version 1.0): a device that obeys and says so. */
final class LockAndWipe extends BaseInstanceEnabler {
    static final int OBJECT_ID = 8;

    private static final int STATE = 0;
    private static final int LOCK_TARGET = 1;
    private static final int WIPE_ITEM = 2;
    private static final int WIPE = 3;
    private static final int WIPE_TARGET = 4;
    private static final int RESULT = 5;

    /** Values of Operation Result; 1, 2 and 3 answer the states 1, 2 and 0. */
    private static final int RESULT_DEFAULT = 0;
    private static final int RESULT_UNLOCKED = 3;
    private static final int RESULT_WIPED = 4;

    private static final Map<Integer, String> WIPE_ITEMS = Map.of(0, "routes", 1, "credentials");

    private final Events events;
    private final Tally tally;
    private int state = 0;
    private int result = RESULT_DEFAULT;

    LockAndWipe(Events events, Tally tally) {
        this.events = events;
        this.tally = tally;
    }

    /** The definition, which the libraries do not bring along. */
    static ObjectModel model() {
        return new ObjectModel(OBJECT_ID, "Lock and Wipe", "", "1.0", false, false,
                resource(STATE, "State", Operations.RW, false, true, Type.INTEGER, "0..2"),
                resource(LOCK_TARGET, "Lock target", Operations.W, true, true, Type.STRING, ""),
                resource(WIPE_ITEM, "Wipe item", Operations.R, true, false, Type.STRING, ""),
                resource(WIPE, "Wipe", Operations.E, false, true, Type.NONE, ""),
                resource(WIPE_TARGET, "Wipe target", Operations.W, true, true, Type.STRING, ""),
                resource(RESULT, "Lock or Wipe Operation Result", Operations.R, false, true, Type.INTEGER, "0..8"));
    }

    private static ResourceModel resource(int id, String name, Operations operations, boolean multiple,
            boolean mandatory, Type type, String range) {
        return new ResourceModel(id, name, operations, multiple, mandatory, type, range, "", "");
    }

    synchronized int state() {
        return state;
    }

    synchronized int result() {
        return result;
    }

    @Override
    public synchronized ReadResponse read(LwM2mServer server, int resource) {
        return switch (resource) {
            case STATE -> ReadResponse.success(STATE, state);
            case WIPE_ITEM -> ReadResponse.success(WIPE_ITEM, WIPE_ITEMS, Type.STRING);
            case RESULT -> ReadResponse.success(RESULT, result);
            default -> super.read(server, resource);
        };
    }

    @Override
    public synchronized WriteResponse write(LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
        return switch (resource) {
            case STATE -> writeState((Long) value.getValue());
            case LOCK_TARGET, WIPE_TARGET -> {
                tally.wrote(getResourcePath(resource).toString());
                yield WriteResponse.success();
            }
            default -> super.write(server, replace, resource, value);
        };
    }

    private WriteResponse writeState(long wanted) {
        int writes = tally.wrote(getResourcePath(STATE).toString());
        if (wanted < 0 || wanted > 2) {
            return WriteResponse.badRequest("State is 0, 1 or 2");
        }
        state = (int) wanted;
        result = state == 0 ? RESULT_UNLOCKED : state;
        events.emit("lock-state", "state", state, "writes", writes);
        fireResourcesChange(getResourcePaths(STATE, RESULT));
        return WriteResponse.success();
    }

    @Override
    public synchronized ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
        if (resource != WIPE) {
            return super.execute(server, resource, arguments);
        }
        tally.executed(getResourcePath(WIPE).toString());
        result = RESULT_WIPED;
        fireResourcesChange(getResourcePath(RESULT));
        return ExecuteResponse.success();
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        return List.of(STATE, LOCK_TARGET, WIPE_ITEM, WIPE, WIPE_TARGET, RESULT);
    }
}
