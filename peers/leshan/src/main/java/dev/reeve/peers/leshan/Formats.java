package dev.reeve.peers.leshan;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.node.codec.LwM2mDecoder;
import org.eclipse.leshan.core.node.codec.LwM2mEncoder;
import org.eclipse.leshan.core.request.ContentFormat;

/** The library's content formats, of which some may be given up while the device runs; and how often it used each. */
final class Formats {
    private final Map<Integer, Integer> read = new TreeMap<>();
    private final Map<Integer, Integer> written = new TreeMap<>();
    private volatile Set<Integer> refused = Set.of();

    final LwM2mEncoder encoder = new DefaultLwM2mEncoder() {
        @Override
        public boolean isSupported(ContentFormat format) {
            return !refused.contains(format.getCode()) && super.isSupported(format);
        }

        @Override
        public Set<ContentFormat> getSupportedContentFormat() {
            return spoken(super.getSupportedContentFormat());
        }

        @Override
        public byte[] encode(LwM2mNode node, ContentFormat format, String rootPath, LwM2mPath path, LwM2mModel model) {
            count(read, format);
            return super.encode(node, format, rootPath, path, model);
        }

        @Override
        public byte[] encodeTimestampedData(List<TimestampedLwM2mNode> nodes, ContentFormat format, String rootPath,
                LwM2mPath path, LwM2mModel model) {
            count(read, format);
            return super.encodeTimestampedData(nodes, format, rootPath, path, model);
        }
    };

    final LwM2mDecoder decoder = new DefaultLwM2mDecoder() {
        @Override
        public boolean isSupported(ContentFormat format) {
            return !refused.contains(format.getCode()) && super.isSupported(format);
        }

        @Override
        public Set<ContentFormat> getSupportedContentFormat() {
            return spoken(super.getSupportedContentFormat());
        }

        @Override
        public <T extends LwM2mNode> T decode(byte[] content, ContentFormat format, String rootPath, LwM2mPath path,
                LwM2mModel model, Class<T> nodeClass) {
            count(written, format);
            return super.decode(content, format, rootPath, path, model, nodeClass);
        }
    };

    /** Speaks all but these from now on. */
    void refuse(Stream<String> codes) {
        refused = codes.map(Integer::valueOf).collect(Collectors.toSet());
    }

    /** How often values were read in each format, by its number. */
    Map<Integer, Integer> read() {
        return copy(read);
    }

    /** How often values were written in each format, by its number. */
    Map<Integer, Integer> written() {
        return copy(written);
    }

    private Set<ContentFormat> spoken(Set<ContentFormat> all) {
        return all.stream().filter(format -> !refused.contains(format.getCode())).collect(Collectors.toSet());
    }

    private static void count(Map<Integer, Integer> counts, ContentFormat format) {
        synchronized (counts) {
            counts.merge(format.getCode(), 1, Integer::sum);
        }
    }

    private static Map<Integer, Integer> copy(Map<Integer, Integer> counts) {
        synchronized (counts) {
            return new TreeMap<>(counts);
        }
    }
}
