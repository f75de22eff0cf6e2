import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'results/', 'node_modules/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['scripts/noCuda/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { process: 'readonly' } },
  },
);
