package dev.reeve.peers.leshan;

import java.io.IOException;
import java.util.List;
import org.eclipse.leshan.client.object.LwM2mTestObject;
import org.eclipse.leshan.core.model.InvalidDDFFileException;
import org.eclipse.leshan.core.model.InvalidModelException;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;

/** Object 3442, the OMA's for tests: a resource of each type, single and with several instances; it is the library's. */
final class EveryType {
    static final int OBJECT_ID = 3442;

    private EveryType() {
    }

    static List<ObjectModel> models() throws IOException {
        try {
            return ObjectLoader.loadDdfResources("/models/", new String[] {OBJECT_ID + ".xml"});
        } catch (InvalidModelException | InvalidDDFFileException e) {
            throw new IllegalStateException(e);
        }
    }

    static LwM2mTestObject instance() {
        return new LwM2mTestObject();
    }
}
