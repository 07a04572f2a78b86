package dev.reeve.peers.leshan;

import java.util.Collection;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** Observes one path of every device that registers, as a benchmark of notifications needs it. */
final class ObserveOnRegister implements RegistrationListener {
    private final LeshanServer server;
    private final String path;

    ObserveOnRegister(LeshanServer server, String path) {
        this.server = server;
        this.path = path;
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> previousObservations) {
        server.send(registration, new ObserveRequest(path), response -> { }, error -> { });
    }

    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        // An Update leaves the observations as they are.
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
            Registration replacement) {
        // The library drops the observations.
    }
}
