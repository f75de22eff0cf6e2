/** What a report of a run shows. Types only, so that its page loads none of the program. */
import type { Size } from '../picture/image';
import type { LossEntry } from '../runFolder/results';

/** A picture within the report, as a data: address. */
export interface ReportPicture {
  label: string;
  src: string;
}

export interface ReportData {
  /** The run's folder. */
  name: string;
  size: Size;
  network: string;
  /** In milliseconds since 1970. */
  painted: number;
  result: ReportPicture;
  /** The picture before; absent where its file is no longer there. */
  content?: ReportPicture;
  styles: ReportPicture[];
  /** The result after each iteration, small. */
  filmstrip: ReportPicture[];
  losses: LossEntry[];
  settings: { name: string; value: string; isDefault: boolean; help: string }[];
  command: string;
  versions: Record<string, string>;
}
