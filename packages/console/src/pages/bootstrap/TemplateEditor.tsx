import type { BootstrapTemplate } from '@reeve/contract';
import { DocumentEditor } from '../../components/DocumentEditor.tsx';
import { api } from '../../data/api.ts';
import { parseJson } from '../../data/parseJson.ts';

interface TemplateEditorProps {
  name: string;
  template: BootstrapTemplate;
  done: () => void;
}

/** A template as JSON. */
export function TemplateEditor({ name, template, done }: TemplateEditorProps) {
  return (
    <DocumentEditor
      label={`Template ${name} as JSON`}
      source={JSON.stringify(template, null, 2)}
      wrong="This is no template"
      parse={parseJson<BootstrapTemplate>}
      save={(body) => api('bootstrap.set-template', { params: { name }, body }).then(done)}
      cancel={done}
    />
  );
}
