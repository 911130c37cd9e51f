// node --test card.test.mjs: the card on HubSpot's own renderer, with answers that our server gave (answers.json).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { createElement, useState } from 'react';
import { createRenderer } from '@hubspot/ui-extensions/testing';
import {
  Alert,
  Button,
  DescriptionListItem,
  EmptyState,
  ErrorState,
  Link,
  LoadingSpinner,
  StatusTag,
} from '@hubspot/ui-extensions';

const asked = [];
let reply = async () => {
  throw new Error('no answer was prepared');
};
globalThis.self = {
  hsFetch: (url, options) => {
    asked.push({ url, options });
    return reply();
  },
};
const { LeadCard } = await import('./built/cards/LeadCard.js');
const { SettingsPage } = await import('./built/settings/SettingsPage.js');
const answers = JSON.parse(readFileSync(new URL('./answers.json', import.meta.url), 'utf8'));

const CONTEXT = {
  location: 'crm.record.sidebar',
  user: { id: 501, email: 'rep@seller.example', emails: [], firstName: '', lastName: '', roles: [], teams: [], permissions: [] },
  portal: { id: 247279312, timezone: 'Europe/Berlin' },
  crm: { objectId: 4711, objectTypeId: '0-1' },
  variables: { PUBLIC_URL: 'https://assay.example.com' },
};

function says(status, body) {
  return async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
}

function show(first) {
  reply = first;
  const renderer = createRenderer('crm.record.sidebar');
  renderer.render(createElement(LeadCard, { context: CONTEXT }));
  return renderer;
}

function textOf(renderer) {
  return renderer.getRootNode().toString();
}

// The renderer's own waitFor looks again only when something is drawn.
async function until(isSo) {
  const deadline = Date.now() + 5000;
  while (!isSo()) {
    assert.ok(Date.now() < deadline, String(isSo));
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

afterEach(() => {
  asked.length = 0;
});

test('the question names the record, and nobody', async () => {
  const card = show(says(200, answers.own));
  await card.waitFor(() => card.find(StatusTag));
  assert.equal(asked.length, 1);
  assert.equal(asked[0].url, 'https://assay.example.com/cards/hubspot');
  assert.equal(asked[0].options.method, 'POST');
  assert.deepEqual(asked[0].options.body, { objectId: '4711', objectTypeId: '0-1' });
  assert.ok(asked[0].options.timeout <= 15000);
});

test('it waits visibly', () => {
  const card = show(() => new Promise(() => {}));
  assert.ok(card.find(LoadingSpinner).props.label);
});

test('a lead is shown with everything that the server said', async () => {
  const card = show(says(200, answers.own));
  await card.waitFor(() => card.find(StatusTag));
  const [lead] = answers.own.leads;
  const said = textOf(card);
  for (const text of [
    lead.quality.says,
    lead.handling.says,
    lead.verdict.text,
    lead.status.text,
    lead.details.clock.text,
    lead.details.nextStep,
    lead.details.attempts[0].when,
    lead.details.attempts[0].result,
  ]) {
    assert.ok(said.includes(text), text);
  }
  const headings = card.findAll(DescriptionListItem).map((item) => item.props.label);
  const { labels } = answers.own;
  assert.deepEqual(headings, [
    labels.quality,
    labels.handling,
    labels.verdict,
    labels.status,
    labels.clock,
    labels.nextStep,
    labels.attempts,
  ]);
  const links = card.findAll(Link).map((link) => link.props.href);
  assert.deepEqual(links[0], { url: lead.details.page.url, external: true });
});

test('a contested finding is marked, and nothing is where none is contested', async () => {
  const card = show(says(200, answers.contested));
  await card.waitFor(() => card.find(StatusTag));
  const [mark] = answers.contested.leads[0].contests;
  assert.match(mark.text, /^Contested, not decided: /);
  assert.ok(card.findAll(StatusTag).some((tag) => tag.props.variant === 'warning' && tag.toString().includes(mark.text)));
  const headings = card.findAll(DescriptionListItem).map((item) => item.props.label);
  assert.ok(headings.includes(answers.contested.labels.contests));
});

test('what is overdue stands out', async () => {
  const card = show(says(200, answers.overdue));
  await card.waitFor(() => card.find(Alert));
  assert.equal(card.find(Alert).props.title, answers.overdue.leads[0].details.clock.text);
});

test('a viewer who does not hold the lead sees the scores and why not more', async () => {
  const card = show(says(200, answers.others));
  await card.waitFor(() => card.find(StatusTag));
  assert.ok(textOf(card).includes(answers.others.leads[0].limited));
  assert.equal(card.findAll(Link).length, 0);
});

test('unknown is shown in words', async () => {
  const card = show(says(200, answers.unknown));
  await card.waitFor(() => card.find(StatusTag));
  assert.ok(textOf(card).includes('unknown'));
});

test('nothing known of the record is no error', async () => {
  const card = show(says(200, answers.empty));
  await card.waitFor(() => card.find(EmptyState));
  assert.ok(textOf(card).includes(answers.empty.empty));
});

test('a refusal is told in the words of the server, whatever its status', async () => {
  const card = show(says(403, answers.stranger));
  await card.waitFor(() => card.find(Alert));
  assert.ok(textOf(card).includes(answers.stranger.notice.text));
  assert.equal(card.maybeFind(ErrorState), null);
});

test('no answer, no JSON, another JSON and a refusal without words are failures, and can be tried again', async () => {
  const failures = [
    async () => {
      throw new Error('timed out');
    },
    says(502, '<html>bad gateway</html>'),
    says(200, '[]'),
    says(200, '{"labels":{},"leads":3}'),
    says(401, ''),
  ];
  for (const failure of failures) {
    const card = show(failure);
    await card.waitFor(() => card.find(ErrorState));
    reply = says(200, answers.own);
    card.find(Button).trigger('onClick');
    await card.waitFor(() => card.find(StatusTag));
  }
});

test('refresh asks again', async () => {
  const card = show(says(200, answers.own));
  await card.waitFor(() => card.find(StatusTag));
  reply = says(200, answers.overdue);
  card.find(Button).trigger('onClick');
  await card.waitFor(() => card.find(Alert));
  assert.equal(asked.length, 2);
});

test('a late answer for the record before never covers that of the present one', async () => {
  let answerFirst;
  reply = () => new Promise((resolve) => { answerFirst = resolve; });
  let moveTo;
  const Moving = () => {
    const [objectId, setObjectId] = useState(1);
    moveTo = setObjectId;
    return createElement(LeadCard, { context: { ...CONTEXT, crm: { objectId, objectTypeId: '0-1' } } });
  };
  const card = createRenderer('crm.record.sidebar');
  card.render(createElement(Moving));
  await until(() => asked.length === 1);
  reply = says(200, answers.overdue);
  moveTo(2);
  await card.waitFor(() => card.find(Alert));
  assert.equal(asked[1].options.body.objectId, '2');
  answerFirst(new Response(JSON.stringify(answers.own)));
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  assert.equal(card.find(Alert).props.title, answers.overdue.leads[0].details.clock.text);
});

test('hostile texts stay text', async () => {
  const card = show(says(200, answers.hostile));
  await card.waitFor(() => card.find(StatusTag));
  assert.ok(textOf(card).includes('alert(1)'));
  for (const link of card.findAll(Link)) {
    assert.match(link.props.href.url, /^http:\/\/localhost:8000\//);
  }
});

test('the settings page leads to ours', () => {
  const page = createRenderer('settings');
  page.render(createElement(SettingsPage, { context: { ...CONTEXT, location: 'settings' } }));
  const hrefs = page.findAll(Button).map((button) => button.props.href.url);
  assert.deepEqual(hrefs, [
    'https://assay.example.com/settings',
    'https://assay.example.com/settings/hours',
    'https://assay.example.com/sync',
  ]);
});
