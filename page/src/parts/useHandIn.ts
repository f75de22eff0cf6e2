/** Hands a file of the person's to the studio, and tells meanwhile that it does, and afterwards what was wrong with it. */
import { useState } from 'preact/hooks';
import { hand } from '../ask';

export interface HandIn {
  isBusy: boolean;
  /** In a sentence, until the next file. */
  problem: string | undefined;
  forgetProblem: () => void;
  handIn: (file: File) => Promise<void>;
}

/** @param path of the address that takes the file; `onDone` gets its answer */
export function useHandIn<Answer>(path: string, onDone: (answer: Answer) => void): HandIn {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const forgetProblem = () => setProblem(undefined);
  const handIn = async (file: File) => {
    setBusy(true);
    forgetProblem();
    try {
      onDone(await hand<Answer>(path, file));
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, forgetProblem, handIn };
}
