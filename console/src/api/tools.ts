// Tools of an instance's MCP server: which there are, and calling one.

import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import { keys } from './keys';
import type { ToolResult } from './types';

/** No event tells that they were listed again. */
const REFRESH = 15_000;

export function toolsQuery(id: string) {
  return queryOptions({
    queryKey: keys.instances.tools(id),
    queryFn: ({ signal }) =>
      answer(api.GET('/mcp/instances/{id}/tools', { params: { path: { id } }, signal })),
    refetchInterval: REFRESH,
  });
}

/**
 * `text` is the arguments, a JSON object. It is sent as it stands: a number that JavaScript cannot hold must
 * not become another one on its way.
 */
export function callTool(id: string, tool: string, text: string, signal: AbortSignal): Promise<ToolResult> {
  return answer(
    api.POST('/mcp/instances/{id}/tools/{tool}', {
      params: { path: { id, tool } },
      body: {},
      bodySerializer: () => `{"arguments":${text}}`,
      signal,
    }),
  );
}
