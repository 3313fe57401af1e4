// The names of what is cached. A key covers every key it begins with: forgetting `instances.one(id)` also
// forgets its events and its tools.

export const keys = {
  instances: {
    one: (id: string) => ['instances', id] as const,
    events: (id: string) => ['instances', id, 'events'] as const,
    tools: (id: string) => ['instances', id, 'tools'] as const,
  },
  templates: ['templates'] as const,
  plugins: ['plugins'] as const,
  provisioners: ['provisioners'] as const,
  orphans: ['orphans'] as const,
};
