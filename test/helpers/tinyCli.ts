import { start } from '../../src/commandLine/cli';
import { openTinyVgg19 } from './tinyVgg19';

/** The command line with the tiny network, as a process of its own. */
void start(openTinyVgg19);
