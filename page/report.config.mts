import { defineConfig } from 'vite';

/** The page of a report: one script and one stylesheet, which `wheatfield report` writes into the file itself. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: '../dist/report-page',
    emptyOutDir: true,
    target: 'es2022',
    cssCodeSplit: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: 'src/report/main.tsx',
      checks: { pluginTimings: false, emptyImportMeta: false },
      output: {
        format: 'iife',
        codeSplitting: false,
        entryFileNames: 'report.js',
        assetFileNames: 'report.[ext]',
      },
    },
  },
});
