package dev.reeve.peers.leshan;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.WriteRequest.Mode;
import org.eclipse.leshan.core.response.LwM2mResponse;

/** Requests in a content format of the tester's choice. What is to be written is told in SenML JSON, one text. */
final class Requests {
    private final DefaultLwM2mDecoder decoder = new DefaultLwM2mDecoder();

    /**
     * @param paths one path, or several with commas between them
     * @param rest number of the content format and, behind a space, what is to be written
     */
    DownlinkDeviceManagementRequest<? extends LwM2mResponse> of(String command, String paths, String rest,
            LwM2mModel model) {
        String[] parts = rest.split(" ", 2);
        ContentFormat format = ContentFormat.fromCode(Integer.parseInt(parts[0]));
        List<LwM2mPath> all = Stream.of(paths.split(",")).map(LwM2mPath::new).toList();
        return switch (command) {
            case "read" -> new ReadRequest(format, paths);
            case "put" -> new WriteRequest(Mode.REPLACE, format, all.get(0), node(parts[1], all.get(0), model));
            case "post" -> new WriteRequest(Mode.UPDATE, format, all.get(0), node(parts[1], all.get(0), model));
            case "read-composite" -> new ReadCompositeRequest(all, format, format, null);
            case "observe-composite" -> new ObserveCompositeRequest(format, format, all);
            case "write-composite" -> new WriteCompositeRequest(format, nodes(parts[1], model), null);
            default -> throw new IllegalArgumentException("unknown command");
        };
    }

    /** The request that ends the one observation of these paths. */
    static DownlinkDeviceManagementRequest<? extends LwM2mResponse> cancel(Set<Observation> observations, String paths) {
        for (Observation one : observations) {
            if (one instanceof SingleObservation single && single.getPath().toString().equals(paths)) {
                return new CancelObservationRequest(single);
            }
            if (one instanceof CompositeObservation composite && joined(composite).equals(paths)) {
                return new CancelCompositeObservationRequest(composite);
            }
        }
        throw new IllegalArgumentException("not observed");
    }

    static String joined(CompositeObservation observation) {
        return String.join(",", observation.getPaths().stream().map(LwM2mPath::toString).toList());
    }

    private LwM2mNode node(String senml, LwM2mPath path, LwM2mModel model) {
        return decoder.decode(senml.getBytes(StandardCharsets.UTF_8), ContentFormat.SENML_JSON, null, path, model);
    }

    private Map<LwM2mPath, LwM2mNode> nodes(String senml, LwM2mModel model) {
        return decoder.decodeNodes(senml.getBytes(StandardCharsets.UTF_8), ContentFormat.SENML_JSON, null, null, model);
    }
}
