import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'site/', 'results/', 'node_modules/', '.cache/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.{ts,tsx,mts}'],
    extends: tseslint.configs.recommendedTypeChecked,
    languageOptions: { parserOptions: { projectService: true } },
  },
  {
    files: ['scripts/noCuda/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { process: 'readonly' } },
  },
);
