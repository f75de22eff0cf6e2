import { render } from 'preact';
import { App } from './app';
import './style/base.css';
import './style/parts.css';
import './style/paint.css';
import './style/compare.css';
import './style/fast.css';

render(<App />, document.getElementById('studio') as HTMLElement);
