// The caller's jobs, live. No library and no build step: the service sends these three files as they are.
'use strict';

const ended = new Set(['completed', 'failed', 'canceled']);
const $ = id => document.getElementById(id);
const rows = new Map();
const following = new Map();
let cursor = null;
let shownJob = null;
let lastItem = null;

$('token').value = sessionStorage.getItem('token') ?? '';
$('user').value = sessionStorage.getItem('user') ?? '';
$('identity').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('token', $('token').value.trim());
  sessionStorage.setItem('user', $('user').value.trim());
  restart();
});
$('more').addEventListener('click', () => run(loadJobs));
$('more-items').addEventListener('click', () => run(loadItems));
$('filter').addEventListener('change', () => run(() => showItems(shownJob)));
restart();

function restart() {
  for (const stop of following.values()) stop.abort();
  following.clear();
  rows.clear();
  $('jobs').replaceChildren();
  $('details').hidden = true;
  cursor = null;
  run(loadJobs);
}

/** Runs an action and tells what went wrong with it. */
async function run(action) {
  try {
    say('');
    await action();
  } catch (error) {
    if (error.name !== 'AbortError') say(error.message, true);
  }
}

function say(text, isError = false) {
  $('message').textContent = text;
  $('message').className = isError ? 'error' : '';
}

async function call(path, options = {}, query = {}) {
  const address = new URL(path, location.origin);
  const user = sessionStorage.getItem('user');
  for (const [name, value] of Object.entries(user ? { ...query, user_id: user } : query)) {
    if (value !== null && value !== undefined) address.searchParams.set(name, value);
  }
  const token = sessionStorage.getItem('token');
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(address, { ...options, headers });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `The service answered ${response.status}.`);
  }
  return response;
}

async function loadJobs() {
  const page = await (await call('/batch/jobs', {}, { cursor })).json();
  page.jobs.forEach(job => show(job));
  cursor = page.next_cursor;
  $('more').hidden = cursor === null;
  if (rows.size === 0) say('No jobs yet.');
}

/** Writes a job into its row, and follows it while it runs. */
function show(job, atTop = false) {
  let row = rows.get(job.batch_job_id);
  if (!row) {
    row = $('row').content.firstElementChild.cloneNode(true);
    row.addEventListener('click', event => act(event.target.dataset.do, job.batch_job_id));
    row.dataset.job = job.batch_job_id;
    rows.set(job.batch_job_id, row);
    atTop ? $('jobs').prepend(row) : $('jobs').append(row);
  }
  const set = (name, text) => { row.querySelector(`.${name}`).textContent = text; };
  row.dataset.status = job.status;
  set('id', job.batch_job_id);
  set('type', job.job_type);
  set('status', job.status + (job.error_message ? `: ${job.error_message}` : ''));
  set('percent', `${job.progress_percent} %`);
  set('success', `${job.success_items} of ${job.total_items}`);
  set('failed', job.failed_items);
  set('eta', ended.has(job.status) || job.eta_seconds === null ? '' : `${Math.ceil(job.eta_seconds)} s`);
  row.querySelector('progress').value = job.progress_percent;
  const has = (name, is) => { row.querySelector(`[data-do=${name}]`).hidden = !is; };
  has('cancel', !ended.has(job.status));
  has('retry', ended.has(job.status) && job.failed_items > 0);
  has('retry-unprocessed', ended.has(job.status) && job.success_items + job.failed_items < job.total_items);
  has('csv', job.failed_items > 0);
  if (!ended.has(job.status) && !following.has(job.batch_job_id)) run(() => follow(job.batch_job_id));
}

/** Follows a job to its end; a connection that is lost is made again, as EventSource would. */
async function follow(id) {
  const stop = new AbortController();
  following.set(id, stop);
  try {
    while (!ended.has(rows.get(id)?.dataset.status)) {
      await listen(id, stop.signal).catch(error => { if (!(error instanceof TypeError)) throw error; });
      if (stop.signal.aborted) return;
      if (!ended.has(rows.get(id).dataset.status)) await new Promise(resolve => setTimeout(resolve, 1000));
    }
  } finally {
    if (following.get(id) === stop) following.delete(id);
  }
}

/** Server-sent events by fetch: EventSource cannot send a token. Network failures are TypeErrors. */
async function listen(id, signal) {
  const response = await call(`/batch/jobs/${id}/events`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    buffer += chunk.value;
    const events = buffer.split('\n\n');
    buffer = events.pop();
    for (const event of events) {
      const data = event.split('\n').find(line => line.startsWith('data: '));
      if (data) show(JSON.parse(data.slice(6)));
    }
  }
}

const actions = {
  items: id => showItems(id),
  cancel: async id => show(await (await call(`/batch/jobs/${id}/cancel`, { method: 'POST' })).json()),
  retry: id => retry(id, 'failed'),
  'retry-unprocessed': id => retry(id, 'unprocessed'),
  ndjson: id => download(id, { format: 'ndjson' }),
  csv: id => download(id, { format: 'csv', status: 'failed' }),
};

function act(name, id) {
  if (actions[name]) run(() => actions[name](id));
}

/** The new job is shown above the others. */
async function retry(id, only) {
  const body = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ only }) };
  const accepted = await (await call(`/batch/jobs/${id}/retry`, body)).json();
  show(await (await call(`/batch/jobs/${accepted.batch_job_id}`)).json(), true);
}

async function download(id, query) {
  const response = await call(`/batch/jobs/${id}/results`, {}, query);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${id}${query.status ? `-${query.status}` : ''}.${query.format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function showItems(id) {
  shownJob = id;
  lastItem = null;
  $('shown').textContent = id;
  $('items').replaceChildren();
  $('details').hidden = false;
  await loadItems();
}

async function loadItems() {
  const limit = 50;
  const items = await (await call(`/batch/jobs/${shownJob}/items`, {}, { status: $('filter').value, cursor: lastItem, limit })).json();
  for (const item of items) {
    const row = document.createElement('tr');
    const error = item.error_code ? `${item.error_code}: ${item.error_message}${item.pointer ? ` (${item.pointer})` : ''}` : '';
    const cells = [['', item.item_index], ['error', error], ['json', text(item.input_data)], ['json', text(item.output_data)]];
    for (const [name, content] of cells) {
      const cell = document.createElement('td');
      cell.className = name;
      cell.textContent = content;
      row.append(cell);
    }
    $('items').append(row);
    lastItem = item.item_index;
  }
  $('more-items').hidden = items.length < limit;
}

function text(value) {
  return value === null ? '' : JSON.stringify(value);
}
