import assert from 'node:assert/strict';
import path from 'node:path';
import { typeCheck } from './helpers/typeCheck';

it('the public types hold what test/types/public.ts asks of them', () => {
  assert.equal(typeCheck([path.join(__dirname, 'types', 'public.ts')]), '');
}).timeout(120_000);
