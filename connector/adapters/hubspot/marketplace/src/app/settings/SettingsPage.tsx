import { Button, Divider, Flex, Heading, List, Text, hubspot } from '@hubspot/ui-extensions';
import type { SettingsContext } from '@hubspot/ui-extensions';

hubspot.extend<'settings'>(({ context }) => <SettingsPage context={context} />);

const PAGES = [
  {
    path: '/settings',
    label: 'What was agreed, and who sees what',
    says: 'Working hours and holidays, the time for the first attempt, the cadence, roles. Every lead is judged anew.',
  },
  {
    path: '/settings/hours',
    label: 'Hours of each person',
    says: 'Who works at other hours or is away is not measured by the hours of the team.',
  },
  {
    path: '/sync',
    label: 'How the connection is',
    says: 'What was read and written, what could not be, and which permission is missing.',
  },
];

/** Settings are kept in one place, with their history: this page says where. */
export function SettingsPage({ context }: { context: SettingsContext }) {
  const origin = String(context.variables?.PUBLIC_URL ?? '');
  return (
    <Flex direction="column" gap="medium">
      <Text>
        Lead Assay keeps its settings on its own pages, each change with its date, so that a report of last month is
        judged by what held then. You are asked to sign in there.
      </Text>
      {PAGES.map((page) => (
        <Flex key={page.path} direction="column" gap="extra-small">
          <Heading>{page.label}</Heading>
          <Text>{page.says}</Text>
          <Button variant="secondary" href={{ url: `${origin}${page.path}`, external: true }}>
            Open
          </Button>
        </Flex>
      ))}
      <Divider />
      <Heading>In HubSpot</Heading>
      <List variant="unordered">
        <Text>The card: open a contact, customise the record, and add the card Lead Assay to the sidebar.</Text>
        <Text>The fields: contact properties that begin with Lead Assay. They are ours; a value typed there is written over.</Text>
      </List>
    </Flex>
  );
}
