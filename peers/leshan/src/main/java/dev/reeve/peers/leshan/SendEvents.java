package dev.reeve.peers.leshan;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.send.SendListener;

/** Tells what devices send of their own accord. */
final class SendEvents implements SendListener {
    private final Events events;

    SendEvents(Events events) {
        this.events = events;
    }

    @Override
    public void dataReceived(Registration registration, TimestampedLwM2mNodes data, SendRequest request) {
        List<Map<String, Object>> values = new ArrayList<>();
        for (Instant time : data.getTimestamps()) {
            data.getNodesAt(time).forEach((path, node) -> {
                Map<String, Object> value = new HashMap<>();
                value.put("path", path.toString());
                value.put("time", time == null ? null : time.toEpochMilli());
                value.put("value", NodeJson.of(node));
                values.add(value);
            });
        }
        events.emit("sent", "endpoint", registration.getEndpoint(), "values", values);
    }

    @Override
    public void onError(Registration registration, String message, Exception error) {
        events.emit("error", "endpoint", registration == null ? null : registration.getEndpoint(), "message", message);
    }
}
