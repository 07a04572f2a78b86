import { storeContract } from '../contract-suite.ts';
import { openMemoryStore } from './store.ts';

storeContract('the memory store', async () => {
  const store = openMemoryStore();
  return { store, cleanUp: () => store.close() };
});
