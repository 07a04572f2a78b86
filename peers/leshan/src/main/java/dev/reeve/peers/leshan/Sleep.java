package dev.reeve.peers.leshan;

import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.core.network.interceptors.MessageInterceptor;

/**
 * What the library leaves to the device in queue mode: to listen no longer than the awake time after its last message.
 * Requests that come while it sleeps are lost, and counted.
 */
final class Sleep implements MessageInterceptor {
    private final long awakeMs;
    private final AtomicInteger missed = new AtomicInteger();
    private volatile long asleepFrom;

    Sleep(long awakeMs) {
        this.awakeMs = awakeMs;
        stayAwake();
    }

    /** Puts the endpoints to sleep when their time comes; those that do so already are left alone. */
    void over(Iterable<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint instanceof CoapEndpoint coap && !coap.getInterceptors().contains(this)) {
                coap.addInterceptor(this);
            }
        }
    }

    boolean asleep() {
        return System.nanoTime() - asleepFrom >= 0;
    }

    int missed() {
        return missed.get();
    }

    @Override
    public void sendRequest(Request request) {
        stayAwake();
    }

    @Override
    public void sendResponse(Response response) {
        stayAwake();
    }

    @Override
    public void receiveRequest(Request request) {
        if (asleep()) {
            request.cancel();
            missed.incrementAndGet();
        } else {
            stayAwake();
        }
    }

    @Override
    public void receiveResponse(Response response) {
        stayAwake();
    }

    private void stayAwake() {
        asleepFrom = System.nanoTime() + awakeMs * 1_000_000;
    }
}
