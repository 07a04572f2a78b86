package dev.reeve.peers.leshan;

import java.util.Arrays;
import java.util.Collection;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** Tells what the server hears from its devices. */
final class ServerEvents implements RegistrationListener, ObservationListener {
    private final Events events;

    ServerEvents(Events events) {
        this.events = events;
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> previousObservations) {
        events.emit("registered", "endpoint", registration.getEndpoint(), "id", registration.getId(),
                "lifetime", registration.getLifeTimeInSec(), "version", registration.getLwM2mVersion().toString(),
                "links", Arrays.stream(registration.getSortedObjectLinks()).map(Object::toString).toList());
    }

    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        events.emit("updated", "endpoint", updated.getEndpoint(), "id", updated.getId(),
                "lifetime", updated.getLifeTimeInSec());
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
            Registration replacement) {
        events.emit("unregistered", "endpoint", registration.getEndpoint(), "id", registration.getId(),
                "expired", expired);
    }

    @Override
    public void newObservation(Observation observation, Registration registration) {
        if (observation instanceof SingleObservation single) {
            events.emit("observing", "endpoint", registration.getEndpoint(), "path", single.getPath().toString());
        }
    }

    @Override
    public void cancelled(Observation observation) {
        // A cancelled observation goes with its registration, which is told.
    }

    @Override
    public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
        events.emit("notification", "endpoint", registration.getEndpoint(), "path", observation.getPath().toString(),
                "value", NodeJson.of(response.getContent()));
    }

    @Override
    public void onResponse(CompositeObservation observation, Registration registration,
            ObserveCompositeResponse response) {
        events.emit("notification", "endpoint", registration.getEndpoint(), "path", Requests.joined(observation),
                "value", NodeJson.of(response.getContent()));
    }

    @Override
    public void onError(Observation observation, Registration registration, Exception error) {
        events.emit("error", "endpoint", registration.getEndpoint(), "message", error.toString());
    }
}
