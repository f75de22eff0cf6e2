import { render } from 'preact';
import type { ReportData } from '../../../src/report/reportData';
import { Report } from './report';
import '../style/base.css';
import '../style/parts.css';
import './report.css';

const data = JSON.parse(document.getElementById('data')?.textContent ?? 'null') as ReportData;
render(<Report data={data} />, document.getElementById('report') as HTMLElement);
