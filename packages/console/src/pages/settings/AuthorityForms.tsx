import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { type Authority, compact, type RevocationSource } from '@reeve/contract';
import { useState } from 'react';
import { FileDrop } from '../../components/FileDrop.tsx';
import { Form } from '../../components/Form.tsx';
import { api } from '../../data/api.ts';
import { readEncoded } from '../../data/readEncoded.ts';
import { mappingWords } from '../../words.ts';

/** Trusts a certificate authority to vouch for devices. */
export function AddAuthority({ close }: { close: () => void }) {
  const [certificate, setCertificate] = useState('');
  const [name, setName] = useState('');
  const [mapping, setMapping] = useState<Authority['mapping']>('cn');
  const [list, setList] = useState<RevocationSource>();
  const add = async () => {
    const body = { certificate, mapping, ...compact({ name: name.trim() || undefined, revocation: list }) };
    await api('authorities.add', { body });
    close();
  };
  return (
    <Form button="Add" disabled={certificate.trim() === ''} submit={add} cancel={close}>
      <FileDrop
        label="Drag its certificate here, or press to choose it: PEM or DER"
        take={async (file) => setCertificate(await readEncoded(file))}
      />
      <Textarea
        size="xs"
        label="Certificate"
        description="PEM, or DER in base64"
        autosize
        minRows={3}
        maxRows={8}
        value={certificate}
        onChange={(event) => setCertificate(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label="Name"
        placeholder="its common name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <MappingField value={mapping} set={setMapping} />
      <ListFields set={setList} />
    </Form>
  );
}

/** How revocation is checked from now on. */
type Revocation = 'as-it-is' | 'never' | 'list';

/** Changes which name of a certificate counts, or where the revocation list comes from. */
export function ChangeAuthority({ authority, close }: { authority: Authority; close: () => void }) {
  const [mapping, setMapping] = useState(authority.mapping);
  const [revocation, setRevocation] = useState<Revocation>('as-it-is');
  const [list, setList] = useState<RevocationSource>();
  const body = compact({
    mapping: mapping === authority.mapping ? undefined : mapping,
    revocation: { 'as-it-is': undefined, never: null, list }[revocation],
  });
  const change = async () => {
    await api('authorities.change', { params: { id: authority.authorityId }, body });
    close();
  };
  return (
    <Form button="Change" disabled={Object.keys(body).length === 0} submit={change} cancel={close}>
      <MappingField value={mapping} set={setMapping} />
      <NativeSelect
        size="xs"
        label="Revocation"
        data={[
          { value: 'as-it-is', label: authority.revocation ? 'checked as before' : 'not checked, as before' },
          ...(authority.revocation ? [{ value: 'never', label: 'not checked any more' }] : []),
          { value: 'list', label: 'by another list' },
        ]}
        value={revocation}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setRevocation(value === 'never' || value === 'list' ? value : 'as-it-is');
        }}
      />
      {revocation === 'list' && <ListFields set={setList} />}
    </Form>
  );
}

const mappings: readonly Authority['mapping'][] = ['cn', 'dns', 'uri'];

function MappingField({ value, set }: { value: Authority['mapping']; set: (mapping: Authority['mapping']) => void }) {
  return (
    <NativeSelect
      size="xs"
      label="Its certificates tell the device by"
      data={mappings.map((each) => ({ value: each, label: mappingWords[each] }))}
      value={value}
      onChange={(event) => set(mappings.find((each) => each === event.currentTarget.value) ?? 'cn')}
    />
  );
}

/** Takes a revocation list: where it is fetched, or itself. */
function ListFields({ set }: { set: (list: RevocationSource | undefined) => void }) {
  const [url, setUrl] = useState('');
  const [file, setFile] = useState<string>();
  return (
    <>
      <TextInput
        size="xs"
        label="URL of its revocation list"
        placeholder="fetched on schedule"
        value={url}
        onChange={(event) => {
          const text = event.currentTarget.value.trim();
          setUrl(text);
          setFile(undefined);
          set(text === '' ? undefined : { url: text });
        }}
      />
      <FileDrop
        label="Or drag the list itself here: PEM or DER"
        name={file}
        take={async (taken) => {
          setUrl('');
          setFile(taken.name);
          set({ list: await readEncoded(taken) });
        }}
      />
    </>
  );
}
