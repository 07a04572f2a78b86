package dev.reeve.peers.leshan;

import java.util.List;
import java.util.Map;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;

/** Object 3, Device: what the vehicle is and how it fares. */
final class Vehicle extends BaseInstanceEnabler {
    private static final int MANUFACTURER = 0;
    private static final int MODEL_NUMBER = 1;
    private static final int SERIAL_NUMBER = 2;
    private static final int FIRMWARE_VERSION = 3;
    private static final int REBOOT = 4;
    private static final int BATTERY_LEVEL = 9;
    private static final int ERROR_CODE = 11;
    private static final int SUPPORTED_BINDING = 16;

    private static final Map<Integer, Long> NO_ERROR = Map.of(0, 0L);

    private final Tally tally;
    private final String modelNumber;
    private final String serialNumber;
    private String firmware = "1.2.3";
    private int battery = 80;

    Vehicle(Tally tally, String modelNumber, String serialNumber) {
        this.tally = tally;
        this.modelNumber = modelNumber;
        this.serialNumber = serialNumber;
    }

    /** @param percent 0 to 100 */
    void battery(int percent) {
        synchronized (this) {
            battery = percent;
        }
        fireResourceChange(BATTERY_LEVEL);
    }

    void firmware(String version) {
        synchronized (this) {
            firmware = version;
        }
        fireResourceChange(FIRMWARE_VERSION);
    }

    @Override
    public synchronized ReadResponse read(LwM2mServer server, int resource) {
        return switch (resource) {
            case MANUFACTURER -> ReadResponse.success(resource, "Reeve peers");
            case MODEL_NUMBER -> ReadResponse.success(resource, modelNumber);
            case SERIAL_NUMBER -> ReadResponse.success(resource, serialNumber);
            case FIRMWARE_VERSION -> ReadResponse.success(resource, firmware);
            case BATTERY_LEVEL -> ReadResponse.success(resource, battery);
            case ERROR_CODE -> ReadResponse.success(resource, NO_ERROR, Type.INTEGER);
            case SUPPORTED_BINDING -> ReadResponse.success(resource, "U");
            default -> super.read(server, resource);
        };
    }

    /** Reboot is counted and answered; the program goes on. */
    @Override
    public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
        if (resource != REBOOT) {
            return super.execute(server, resource, arguments);
        }
        tally.executed(getResourcePath(REBOOT).toString());
        return ExecuteResponse.success();
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        return List.of(MANUFACTURER, MODEL_NUMBER, SERIAL_NUMBER, FIRMWARE_VERSION, REBOOT, BATTERY_LEVEL, ERROR_CODE,
                SUPPORTED_BINDING);
    }
}
