package dev.reeve.peers.leshan;

import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;

/** Tells how the device's registration fares. */
final class RegistrationEvents extends LwM2mClientObserverAdapter {
    private final Events events;

    RegistrationEvents(Events events) {
        this.events = events;
    }

    @Override
    public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String location) {
        events.emit("registered", "location", location);
    }

    @Override
    public void onRegistrationFailure(LwM2mServer server, RegisterRequest request, ResponseCode code, String message,
            Exception cause) {
        failed("registration-failed", code, message, cause);
    }

    @Override
    public void onRegistrationTimeout(LwM2mServer server, RegisterRequest request) {
        failed("registration-failed", null, "timeout", null);
    }

    @Override
    public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
        events.emit("updated", "location", request.getRegistrationId());
    }

    @Override
    public void onUpdateFailure(LwM2mServer server, UpdateRequest request, ResponseCode code, String message,
            Exception cause) {
        failed("update-failed", code, message, cause);
    }

    @Override
    public void onUpdateTimeout(LwM2mServer server, UpdateRequest request) {
        failed("update-failed", null, "timeout", null);
    }

    @Override
    public void onDeregistrationSuccess(LwM2mServer server, DeregisterRequest request) {
        events.emit("deregistered");
    }

    private void failed(String event, ResponseCode code, String message, Exception cause) {
        events.emit(event, "code", code == null ? null : code.getCode(),
                "message", cause == null ? message : cause.toString());
    }
}
