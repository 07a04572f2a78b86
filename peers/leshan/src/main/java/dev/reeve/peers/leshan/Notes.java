package dev.reeve.peers.leshan;

import java.util.Collection;
import java.util.Map;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;

/** Object 33000, of our own: a text with a number, whose instances a server creates and deletes. */
final class Notes {
    static final int OBJECT_ID = 33000;

    private static final int TEXT = 0;
    private static final int NUMBER = 1;

    private Notes() {
    }

    static ObjectModel model() {
        return new ObjectModel(OBJECT_ID, "Notes", "", "1.0", true, false,
                new ResourceModel(TEXT, "Text", Operations.RW, false, true, Type.STRING, "", "", ""),
                new ResourceModel(NUMBER, "Number", Operations.RW, false, false, Type.INTEGER, "", "", ""));
    }

    static SimpleInstanceEnabler first() {
        return new SimpleInstanceEnabler(0, Map.of(TEXT, "first", NUMBER, 1L));
    }

    /** Makes an instance under the id that the server names, else under the first one that is free. */
    static LwM2mInstanceEnabler create(ObjectModel model, Integer id, Collection<Integer> used) {
        int chosen = id == null ? 0 : id;
        while (id == null && used.contains(chosen)) {
            chosen++;
        }
        SimpleInstanceEnabler instance = new SimpleInstanceEnabler(chosen);
        instance.setModel(model);
        return instance;
    }
}
