import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    testTimeout: 30_000,
    // Tests that start real processes share a machine's cores with all others; one that met a busy moment is asked again.
    retry: process.env['CI'] === undefined ? 0 : 2,
    reporters: ['default'],
  },
});
