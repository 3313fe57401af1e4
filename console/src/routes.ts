// Every place of the console: its address, and the page that is there.

import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { CreatePage } from './create/page';
import { InstancePage } from './instance/page';
import { readPlace } from './instance/place';
import { readFilter } from './instances/filter';
import { InstancesPage } from './instances/page';
import { PluginsPage } from './plugins/page';
import { RehearsePage } from './plugins/rehearse-page';
import { ProvisionersPage } from './provisioners/page';
import { parseSearch, stringifySearch, text } from './search';
import { Failure, NoSuchPage } from './shell/failure';
import { Shell } from './shell/shell';
import { TemplatesPage } from './templates/page';
import { TemplatePage } from './templates/template-page';

const root = createRootRoute({ component: Shell, notFoundComponent: NoSuchPage });

const instances = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: readFilter,
  component: InstancesPage,
});

const create = createRoute({
  getParentRoute: () => root,
  path: '/create',
  validateSearch: (search): { template?: string } => {
    const template = text(search.template);
    return template === undefined ? {} : { template };
  },
  component: CreatePage,
});

/** `$id` is the id or the name, as in the API. */
const instance = createRoute({
  getParentRoute: () => root,
  path: '/instances/$id',
  validateSearch: readPlace,
  component: InstancePage,
});

const templates = createRoute({ getParentRoute: () => root, path: '/templates', component: TemplatesPage });

const template = createRoute({
  getParentRoute: () => root,
  path: '/templates/$name',
  component: TemplatePage,
});

const plugins = createRoute({ getParentRoute: () => root, path: '/plugins', component: PluginsPage });

const rehearse = createRoute({
  getParentRoute: () => root,
  path: '/plugins/$name/rehearse',
  component: RehearsePage,
});

const provisioners = createRoute({
  getParentRoute: () => root,
  path: '/provisioners',
  component: ProvisionersPage,
});

export const router = createRouter({
  routeTree: root.addChildren([
    instances,
    create,
    instance,
    templates,
    template,
    plugins,
    rehearse,
    provisioners,
  ]),
  parseSearch,
  stringifySearch,
  defaultErrorComponent: Failure,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
