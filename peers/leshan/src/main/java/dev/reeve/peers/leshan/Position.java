package dev.reeve.peers.leshan;

import java.util.Date;
import java.util.List;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.response.ReadResponse;

/** Object 6, Location: the last fix, each told in one notification with both coordinates and its time. */
final class Position extends BaseInstanceEnabler {
    private static final int LATITUDE = 0;
    private static final int LONGITUDE = 1;
    private static final int RADIUS = 3;
    private static final int TIMESTAMP = 5;

    /**
     * @param radius metres, or null if the receiver does not say
     * @param seconds Unix time of the fix; Location carries whole seconds
     */
    private record Fix(double latitude, double longitude, Double radius, long seconds) {
    }

    private Fix fix;

    Position(double latitude, double longitude) {
        fix = new Fix(latitude, longitude, null, now());
    }

    /** A new fix. Like a receiver's, its time is at least a second after the one before. */
    void fix(double latitude, double longitude, Double radius) {
        synchronized (this) {
            fix = new Fix(latitude, longitude, radius, Math.max(now(), fix.seconds + 1));
        }
        repeat();
    }

    /** Tells the last fix once more, unchanged. */
    void repeat() {
        fireResourcesChange(getResourcePaths(available().stream().mapToInt(Integer::intValue).toArray()));
    }

    private static long now() {
        return System.currentTimeMillis() / 1000;
    }

    private synchronized List<Integer> available() {
        return fix.radius == null
                ? List.of(LATITUDE, LONGITUDE, TIMESTAMP)
                : List.of(LATITUDE, LONGITUDE, RADIUS, TIMESTAMP);
    }

    @Override
    public synchronized ReadResponse read(LwM2mServer server, int resource) {
        return switch (resource) {
            case LATITUDE -> ReadResponse.success(resource, fix.latitude);
            case LONGITUDE -> ReadResponse.success(resource, fix.longitude);
            case RADIUS -> fix.radius == null ? ReadResponse.notFound() : ReadResponse.success(resource, fix.radius);
            case TIMESTAMP -> ReadResponse.success(resource, new Date(fix.seconds * 1000));
            default -> super.read(server, resource);
        };
    }

    /** One fix is read under one lock, so that it is never a mix of two. */
    @Override
    public synchronized ReadResponse read(LwM2mServer server) {
        return super.read(server);
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        return available();
    }
}
