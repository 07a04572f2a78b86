package dev.reeve.peers.leshan;

import java.util.HexFormat;
import java.util.List;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.LinkSerializer;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttribute;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.WriteRequest.Mode;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/** Lines of the form {@code COMMAND ENDPOINT PATH [VALUE]}, each answered by one event, in order. */
final class ServerCommands {
    private static final long TIMEOUT_MS = 10_000;
    private static final LinkSerializer LINKS = new DefaultLinkSerializer();

    private final LeshanServer server;
    private final Events events;
    private final Requests requests = new Requests();

    ServerCommands(LeshanServer server, Events events) {
        this.server = server;
        this.events = events;
    }

    /** Emits {@code response} with the CoAP code as class × 100 + detail (null: no answer), or {@code error}. */
    void obey(String line) throws InterruptedException {
        String[] words = line.split(" ", 4);
        try {
            Registration registration = server.getRegistrationService().getByEndpoint(words[1]);
            if (registration == null) {
                throw new IllegalArgumentException("not registered");
            }
            LwM2mResponse response = server.send(registration, request(registration, words), TIMEOUT_MS);
            events.emit("response", "command", words[0], "endpoint", words[1], "path", words[2],
                    "code", response == null ? null : response.getCode().getCode(),
                    "value", value(response));
        } catch (RuntimeException e) {
            events.emit("error", "line", line, "message", e.toString());
        }
    }

    /** What was read, the links that were discovered, or the location of what was created. */
    private static Object value(LwM2mResponse response) {
        if (response instanceof ReadResponse read) {
            return NodeJson.of(read.getContent());
        }
        if (response instanceof ReadCompositeResponse read) {
            return NodeJson.of(read.getContent());
        }
        if (response instanceof DiscoverResponse discovered && discovered.isSuccess()) {
            return LINKS.serializeCoreLinkFormat(discovered.getObjectLinks());
        }
        return response instanceof CreateResponse created ? created.getLocation() : null;
    }

    private DownlinkDeviceManagementRequest<? extends LwM2mResponse> request(Registration registration,
            String[] words) {
        return switch (words[0]) {
            case "observe", "discover", "attributes", "create", "delete", "execute", "write" ->
                request(registration, words, new LwM2mPath(words[2]));
            case "cancel" -> Requests.cancel(server.getObservationService().getObservations(registration), words[2]);
            case "forget" -> {
                server.getObservationService().cancelObservations(registration, words[2]);
                yield new ReadRequest(words[2]);
            }
            default -> words.length == 3 ? new ReadRequest(words[2])
                    : requests.of(words[0], words[2], words[3],
                            server.getModelProvider().getObjectModel(registration));
        };
    }

    private DownlinkDeviceManagementRequest<? extends LwM2mResponse> request(Registration registration, String[] words,
            LwM2mPath path) {
        return switch (words[0]) {
            case "observe" -> new ObserveRequest(words[2]);
            case "discover" -> new DiscoverRequest(words[2]);
            case "attributes" -> new WriteAttributesRequest(path, new LwM2mAttributeSet(attributes(words[3])));
            case "create" -> create(path, words[3]);
            case "delete" -> new DeleteRequest(path);
            case "execute" -> new ExecuteRequest(words[2]);
            case "write" -> new WriteRequest(Mode.REPLACE, ContentFormat.TLV, path,
                    LwM2mSingleResource.newResource(path.getResourceId(), value(registration, path, words[3]),
                            type(registration, path)));
            default -> throw new IllegalArgumentException("unknown command");
        };
    }

    private static List<LwM2mAttribute<?>> attributes(String query) {
        try {
            return new DefaultLwM2mAttributeParser().parseUriQuery(query).stream().toList();
        } catch (InvalidAttributeException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** An instance with one resource that is an integer, RESOURCE=VALUE; at an object the device chooses the id. */
    private static CreateRequest create(LwM2mPath path, String assignment) {
        String[] parts = assignment.split("=", 2);
        LwM2mResource resource = LwM2mSingleResource.newIntegerResource(Integer.parseInt(parts[0]),
                Long.parseLong(parts[1]));
        return path.isObject() ? new CreateRequest(ContentFormat.TLV, path.getObjectId(), resource)
                : new CreateRequest(ContentFormat.TLV, path.getObjectId(),
                        new LwM2mObjectInstance(path.getObjectInstanceId(), resource));
    }

    private Type type(Registration registration, LwM2mPath path) {
        ObjectModel object = server.getModelProvider().getObjectModel(registration).getObjectModel(path.getObjectId());
        ResourceModel resource = object == null ? null : object.resources.get(path.getResourceId());
        return resource == null ? Type.STRING : resource.type;
    }

    private Object value(Registration registration, LwM2mPath path, String text) {
        return switch (type(registration, path)) {
            case INTEGER -> Long.valueOf(text);
            case FLOAT -> Double.valueOf(text);
            case BOOLEAN -> Boolean.valueOf(text);
            case OPAQUE -> HexFormat.of().parseHex(text);
            case STRING -> text;
            default -> throw new IllegalArgumentException("cannot write a " + type(registration, path));
        };
    }
}
