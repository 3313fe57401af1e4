// The nouns of the API, by the names the document gives them. Types only: generated, so they cannot drift.

import type { components } from './schema';

type Schemas = components['schemas'];

export type Instance = Schemas['Instance'];
export type InstanceList = Schemas['InstanceList'];
export type Status = Schemas['Status'];
export type Condition = Schemas['Condition'];
export type InstanceEvent = Schemas['Event'];
export type Template = Schemas['Template'];
export type Plugin = Schemas['Plugin'];
export type PluginState = Schemas['PluginState'];
export type Provisioner = Schemas['Provisioner'];
export type CreateRequest = Schemas['CreateRequest'];
export type Bulk = Schemas['Bulk'];
export type BulkItem = Schemas['BulkItem'];
export type ProblemBody = Schemas['Problem'];
export type ProblemError = Schemas['ProblemError'];
export type Admission = Schemas['Admission'];
export type Tool = Schemas['Tool'];
export type ToolResult = Schemas['ToolResult'];
export type LogLine = Schemas['LogLine'];
export type LogWorkload = Schemas['LogWorkload'];
export type LogInterruption = Schemas['LogInterruption'];
export type StreamEnd = Schemas['StreamEnd'];
