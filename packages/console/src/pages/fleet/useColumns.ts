import { useLocalStorage } from '@mantine/hooks';
import { type ColumnId, columnIds, columns } from './columns.tsx';

/** The columns that a person chose, remembered by their browser. */
export function useColumns() {
  const [hidden, setHidden] = useLocalStorage<string[]>({
    key: 'reeve.fleet.hidden',
    defaultValue: columnIds.filter((id) => !columns[id].byDefault),
    getInitialValueInEffect: false,
  });
  const isShown = (id: ColumnId) => !hidden.includes(id);
  return {
    shown: columnIds.filter(isShown),
    isShown,
    toggle: (id: ColumnId) => setHidden(isShown(id) ? [...hidden, id] : hidden.filter((other) => other !== id)),
  };
}
