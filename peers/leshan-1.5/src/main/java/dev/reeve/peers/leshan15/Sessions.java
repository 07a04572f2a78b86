package dev.reeve.peers.leshan15;

import java.util.Map;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.DownlinkRequest;
import org.eclipse.leshan.core.request.Identity;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.DefaultBootstrapSessionManager;
import org.eclipse.leshan.server.security.BootstrapSecurityStore;

/** Leshan's own sessions, each step of them told. */
final class Sessions extends DefaultBootstrapSessionManager {
    private final Events events;

    Sessions(BootstrapSecurityStore store, Events events) {
        super(store);
        this.events = events;
    }

    @Override
    public BootstrapSession begin(BootstrapRequest request, Identity identity) {
        BootstrapSession session = super.begin(request, identity);
        events.emit("requested", Map.of("endpoint", String.valueOf(request.getEndpointName()),
                "authorized", session.isAuthorized()));
        return session;
    }

    @Override
    public void onResponseSuccess(BootstrapSession session, DownlinkRequest<? extends LwM2mResponse> request) {
        answered(session, request, "accepted", 0);
        super.onResponseSuccess(session, request);
    }

    @Override
    public BootstrapPolicy onResponseError(BootstrapSession session, DownlinkRequest<? extends LwM2mResponse> request,
            LwM2mResponse response) {
        answered(session, request, "refused", response.getCode().getCode());
        return super.onResponseError(session, request, response);
    }

    @Override
    public BootstrapPolicy onRequestFailure(BootstrapSession session, DownlinkRequest<? extends LwM2mResponse> request,
            Throwable cause) {
        answered(session, request, "unanswered", 0);
        return super.onRequestFailure(session, request, cause);
    }

    @Override
    public void end(BootstrapSession session) {
        super.end(session);
        events.emit("finished", Map.of("endpoint", session.getEndpoint()));
    }

    @Override
    public void failed(BootstrapSession session, BootstrapFailureCause cause) {
        super.failed(session, cause);
        events.emit("failed", Map.of("endpoint", session.getEndpoint(), "cause", cause.name()));
    }

    private void answered(BootstrapSession session, DownlinkRequest<? extends LwM2mResponse> request, String event,
            int code) {
        events.emit(event, Map.of("endpoint", session.getEndpoint(), "request", request.getClass().getSimpleName(),
                "path", String.valueOf(request.getPath()), "code", code));
    }
}
