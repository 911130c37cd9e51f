// node translate.mjs PROJECT PROFILE: what HubSpot's own parser makes of the project, as JSON.
// Schemas of the components are asked for from HubSpot with an account; everything that needs none is judged here.
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { validateProjectConfig } from '@hubspot/project-parsing-lib/projects';
import { translate } from '@hubspot/project-parsing-lib/translate';

const [project, profile] = process.argv.slice(2);
const config = JSON.parse(readFileSync(path.join(project, 'hsproject.json'), 'utf8'));
validateProjectConfig(config, project);
const { intermediateRepresentation, skippedHsMetaFiles } = await translate(
  { projectSourceDir: path.join(project, config.srcDir), platformVersion: config.platformVersion, accountId: 1 },
  { profile, skipValidation: true },
);
console.log(JSON.stringify({ nodes: intermediateRepresentation.intermediateNodesIndexedByUid, skipped: skippedHsMetaFiles }));
