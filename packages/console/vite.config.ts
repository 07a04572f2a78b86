import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** During development the page comes from Vite and the API from a server on its default address. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { target: 'es2023' },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
