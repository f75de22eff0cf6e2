/** A computation in ONNX Runtime. */
import { deepestLast } from './executionOrder';
import type { Computation } from './graph';
import { preparedNames } from './names';
import { type ModelNames, onnxModel } from './onnxModel';
import { prepare } from './prepare';
import { type Session, type SessionOptions, openSession } from './session';
import type { Shape } from './trace';

/**
 * A session of what is left to do at each call, once the rest is prepared.
 *
 * @param shapes of the inputs
 * @throws Error as openSession does
 */
export async function openComputation(
  computation: Computation,
  { inputs, outputs }: ModelNames,
  shapes: readonly Shape[],
  options: SessionOptions,
): Promise<Session> {
  const { main, values } = prepare(computation);
  const prepared = preparedNames(values.length, [...inputs, ...outputs]);
  const model = onnxModel(deepestLast(main), { inputs: [...inputs, ...prepared], outputs });
  const preparations = function* () {
    for (const [i, value] of values.entries()) {
      const name = prepared[i];
      const alone = { graph: computation.graph, outputs: [value] };
      yield { name, model: onnxModel(alone, { inputs: [], outputs: [name] }) };
    }
  };
  return openSession(model, preparations(), shapes, options);
}
