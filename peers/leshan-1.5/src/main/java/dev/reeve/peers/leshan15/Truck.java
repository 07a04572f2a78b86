package dev.reeve.peers.leshan15;

import java.util.Date;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.ServerIdentity;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** The device object of a truck: texts, numbers, a time, and resources with several instances. */
final class Truck extends BaseInstanceEnabler {
    private static final int MANUFACTURER = 0;
    private static final int REBOOT = 4;
    private static final int SOURCES = 6;
    private static final int VOLTAGES = 7;
    private static final int BATTERY = 9;
    private static final int ERRORS = 11;
    private static final int TIME = 13;
    private static final int OFFSET = 14;
    private static final int BINDING = 16;

    private final Events events;
    private int battery = 80;
    private Date time = new Date(1_367_491_215_000L);
    private String offset = "+02:00";

    Truck(Events events) {
        this.events = events;
    }

    void charge(int percent) {
        battery = percent;
        fireResourcesChange(BATTERY);
    }

    @Override
    public ReadResponse read(ServerIdentity server, int resource) {
        return switch (resource) {
            case MANUFACTURER -> ReadResponse.success(resource, "Leshan 1.5");
            case SOURCES -> ReadResponse.success(resource, Map.of(0, 1L, 1, 5L), Type.INTEGER);
            case VOLTAGES -> ReadResponse.success(resource, Map.of(0, 3800L, 1, 5000L), Type.INTEGER);
            case BATTERY -> ReadResponse.success(resource, battery);
            case ERRORS -> ReadResponse.success(resource, Map.of(0, 0L), Type.INTEGER);
            case TIME -> ReadResponse.success(resource, time);
            case OFFSET -> ReadResponse.success(resource, offset);
            case BINDING -> ReadResponse.success(resource, "U");
            default -> super.read(server, resource);
        };
    }

    @Override
    public WriteResponse write(ServerIdentity server, int resource, LwM2mResource value) {
        switch (resource) {
            case TIME -> time = (Date) value.getValue();
            case OFFSET -> offset = (String) value.getValue();
            default -> {
                return super.write(server, resource, value);
            }
        }
        events.emit("write", Map.of("path", "/3/0/" + resource));
        return WriteResponse.success();
    }

    @Override
    public ExecuteResponse execute(ServerIdentity server, int resource, String arguments) {
        if (resource != REBOOT) {
            return super.execute(server, resource, arguments);
        }
        events.emit("execute", Map.of("path", "/3/0/" + resource));
        return ExecuteResponse.success();
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        return List.of(MANUFACTURER, REBOOT, SOURCES, VOLTAGES, BATTERY, ERRORS, TIME, OFFSET, BINDING);
    }
}
