package dev.reeve.peers.leshan;

import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mRoot;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.util.datatype.ULong;

/** A node as plain JSON: containers are objects keyed by id, times are Unix milliseconds, opaque values are hex. */
final class NodeJson {
    private NodeJson() {
    }

    static Object of(LwM2mNode node) {
        if (node instanceof LwM2mRoot root) {
            return each(root.getObjects(), NodeJson::of);
        }
        if (node instanceof LwM2mObject object) {
            return each(object.getInstances(), NodeJson::of);
        }
        if (node instanceof LwM2mObjectInstance instance) {
            return each(instance.getResources(), NodeJson::of);
        }
        if (node instanceof LwM2mResource resource) {
            return resource.isMultiInstances() ? each(resource.getInstances(), NodeJson::of) : value(resource.getValue());
        }
        return node instanceof LwM2mResourceInstance instance ? value(instance.getValue()) : null;
    }

    /** Nodes by their path; null where there is nothing. */
    static Object of(Map<LwM2mPath, LwM2mNode> nodes) {
        if (nodes == null) {
            return null;
        }
        Map<String, Object> members = new TreeMap<>();
        nodes.forEach((path, node) -> members.put(path.toString(), node == null ? null : of(node)));
        return members;
    }

    private static <T> Map<Integer, Object> each(Map<Integer, T> children, Function<T, Object> convert) {
        Map<Integer, Object> members = new TreeMap<>();
        children.forEach((id, child) -> members.put(id, convert.apply(child)));
        return members;
    }

    private static Object value(Object value) {
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        if (value instanceof Date date) {
            return date.getTime();
        }
        if (value instanceof ULong number) {
            return number.toString();
        }
        if (value instanceof ObjectLink link) {
            return link.getObjectId() + ":" + link.getObjectInstanceId();
        }
        if (value instanceof Link[] links) {
            return Arrays.toString(links);
        }
        return value;
    }
}
