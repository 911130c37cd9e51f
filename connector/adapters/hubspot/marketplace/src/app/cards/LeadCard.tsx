import { useCallback, useEffect, useRef, useState } from 'react';
import {
  Alert,
  Button,
  DescriptionList,
  DescriptionListItem,
  EmptyState,
  ErrorState,
  Flex,
  Link,
  List,
  LoadingSpinner,
  StatusTag,
  Text,
  hubspot,
} from '@hubspot/ui-extensions';
import type { CrmContext } from '@hubspot/ui-extensions';
import { readAnswer } from './answer';
import type { Attempt, Details, Labels, Lead, Notice, Shown, Tone, Words } from './answer';

/** Our server answers within a second; what takes longer than this is told as a failure. */
const TIMEOUT_MS = 8000;

const TAGS: Record<Tone, 'success' | 'info' | 'warning' | 'danger' | 'default'> = {
  good: 'success',
  plain: 'info',
  warn: 'warning',
  bad: 'danger',
  quiet: 'default',
};

type State =
  | { kind: 'loading' }
  | { kind: 'failed' }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'shown'; shown: Shown };

hubspot.extend<'crm.record.sidebar'>(({ context }) => <LeadCard context={context} />);

/** The card of one contact. HubSpot signs the question; what the viewer may see is decided by the server. */
export function LeadCard({ context }: { context: CrmContext }) {
  const [state, setState] = useState<State>({ kind: 'loading' });
  const latest = useRef(0);
  const origin = String(context.variables?.PUBLIC_URL ?? '');
  const { objectId, objectTypeId } = context.crm;

  const ask = useCallback(async () => {
    const question = ++latest.current;
    setState({ kind: 'loading' });
    const next = await answerOf(origin, String(objectId), objectTypeId);
    // An older question may be answered later than the newest one.
    if (question === latest.current) {
      setState(next);
    }
  }, [origin, objectId, objectTypeId]);

  useEffect(() => {
    void ask();
    return () => {
      latest.current += 1;
    };
  }, [ask]);

  const askAgain = () => {
    void ask();
  };

  if (state.kind === 'loading') {
    return <LoadingSpinner label="Reading what is known of this lead" showLabel layout="centered" />;
  }
  if (state.kind === 'failed') {
    return (
      <ErrorState title="Lead Assay does not answer">
        <Text>Nothing is lost: the findings stand on the record, and the card can be loaded again.</Text>
        <Button onClick={askAgain}>Try again</Button>
      </ErrorState>
    );
  }
  if (state.kind === 'notice') {
    return (
      <Flex direction="column" gap="small">
        <Alert title={state.notice.title} variant="info">
          {state.notice.text}
        </Alert>
        {state.notice.action && <Link href={outside(state.notice.action.url)}>{state.notice.action.label}</Link>}
        <Refresh onClick={askAgain} />
      </Flex>
    );
  }
  if (state.shown.leads.length === 0) {
    return (
      <Flex direction="column" gap="small">
        <EmptyState title="Not a lead here" layout="vertical" imageName="leads" imageWidth={120}>
          <Text>{state.shown.empty}</Text>
        </EmptyState>
        <Refresh onClick={askAgain} />
      </Flex>
    );
  }
  return (
    <Flex direction="column" gap="medium">
      {state.shown.leads.map((lead, place) => (
        <LeadFacts key={place} lead={lead} labels={state.shown.labels} />
      ))}
      <Flex direction="row" gap="small" align="center">
        <Refresh onClick={askAgain} />
        {state.shown.settings && <Link href={outside(state.shown.settings.url)}>{state.shown.settings.label}</Link>}
      </Flex>
    </Flex>
  );
}

async function answerOf(origin: string, objectId: string, objectTypeId: string): Promise<State> {
  try {
    const response = await hubspot.fetch(`${origin}/cards/hubspot`, {
      method: 'POST',
      timeout: TIMEOUT_MS,
      body: { objectId, objectTypeId },
    });
    // A refusal in our own words is an answer too, whatever its status.
    return readAnswer(await response.json()) ?? { kind: 'failed' };
  } catch {
    return { kind: 'failed' };
  }
}

function LeadFacts({ lead, labels }: { lead: Lead; labels: Labels }) {
  return (
    <Flex direction="column" gap="small">
      <DescriptionList direction="row">
        <DescriptionListItem label={labels.quality}>
          <Text format={{ fontWeight: 'bold' }}>{lead.quality.says}</Text>
        </DescriptionListItem>
        <DescriptionListItem label={labels.handling}>
          <Text format={{ fontWeight: 'bold' }}>{lead.handling.says}</Text>
        </DescriptionListItem>
        <DescriptionListItem label={labels.verdict}>
          <Toned words={lead.verdict} />
        </DescriptionListItem>
        <DescriptionListItem label={labels.status}>
          <Toned words={lead.status} />
        </DescriptionListItem>
        {lead.contests.length > 0 && (
          <DescriptionListItem label={labels.contests}>
            {lead.contests.map((contest, place) => (
              <Toned key={place} words={contest} />
            ))}
          </DescriptionListItem>
        )}
      </DescriptionList>
      {lead.details ? <Work details={lead.details} labels={labels} /> : <Text variant="microcopy">{lead.limited}</Text>}
    </Flex>
  );
}

function Work({ details, labels }: { details: Details; labels: Labels }) {
  return (
    <Flex direction="column" gap="small">
      <DescriptionList direction="column">
        <DescriptionListItem label={labels.clock}>
          {details.clock.tone === 'bad' ? (
            <Alert title={details.clock.text} variant="warning" />
          ) : (
            <Text>{details.clock.text}</Text>
          )}
        </DescriptionListItem>
        <DescriptionListItem label={labels.nextStep}>
          <Text>{details.nextStep}</Text>
        </DescriptionListItem>
        <DescriptionListItem label={labels.attempts}>
          {details.attempts.length > 0 ? (
            <List variant="unordered">
              {details.attempts.map((attempt, place) => (
                <Text key={place}>{sentenceOf(attempt)}</Text>
              ))}
            </List>
          ) : (
            <Text>{details.noAttempts}</Text>
          )}
        </DescriptionListItem>
        {details.warnings.length > 0 && (
          <DescriptionListItem label={labels.warnings}>
            <Text>{details.warnings.join(' ')}</Text>
          </DescriptionListItem>
        )}
      </DescriptionList>
      <Link href={outside(details.page.url)}>{details.page.label}</Link>
    </Flex>
  );
}

function Toned({ words }: { words: Words }) {
  return <StatusTag variant={TAGS[words.tone]}>{words.text}</StatusTag>;
}

function Refresh({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="transparent" size="sm" onClick={onClick}>
      Refresh
    </Button>
  );
}

function sentenceOf(attempt: Attempt): string {
  return [attempt.when, attempt.what, attempt.who, attempt.result].filter((part) => part !== '').join(' · ');
}

function outside(url: string) {
  return { url, external: true };
}
