package dev.reeve.peers.leshan;

import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** Reads one path of all devices in turn, once enough have registered, as a benchmark of reads needs it. */
final class ReadAgain implements RegistrationListener {
    private final LeshanServer server;
    private final String path;
    private final int devices;
    private final int underWay;
    private final AtomicInteger registered = new AtomicInteger();
    private final ConcurrentLinkedQueue<Registration> waiting = new ConcurrentLinkedQueue<>();

    ReadAgain(LeshanServer server, String path, int devices, int underWay) {
        this.server = server;
        this.path = path;
        this.devices = devices;
        this.underWay = underWay;
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> previousObservations) {
        waiting.add(registration);
        if (registered.incrementAndGet() != devices) {
            return;
        }
        for (int i = 0; i < underWay; i++) {
            next();
        }
    }

    private void next() {
        Registration registration = waiting.poll();
        if (registration == null) {
            return;
        }
        server.send(registration, new ReadRequest(path), response -> again(registration), error -> again(registration));
    }

    private void again(Registration registration) {
        waiting.add(registration);
        next();
    }

    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        // It is read all the same.
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
            Registration replacement) {
        // Devices of a benchmark stay.
    }
}
