// The nouns of the API, by the names the document gives them. Types only: generated, so they cannot drift.

import type { components } from './schema';

type Schemas = components['schemas'];

export type Instance = Schemas['Instance'];
export type InstanceList = Schemas['InstanceList'];
export type Status = Schemas['Status'];
export type Condition = Schemas['Condition'];
export type InstanceEvent = Schemas['Event'];
export type Template = Schemas['Template'];
export type Input = Schemas['Input'];
export type Plugin = Schemas['Plugin'];
export type PluginList = Schemas['PluginList'];
export type Configuration = Schemas['Configuration'];
export type Hook = Schemas['Hook'];
export type Rehearsal = Schemas['Rehearsal'];
export type RehearsalRequest = Schemas['RehearsalRequest'];
export type RehearsalRefusal = Schemas['RehearsalRefusal'];
export type Orphan = Schemas['Orphan'];
export type PluginState = Schemas['PluginState'];
export type Provisioner = Schemas['Provisioner'];
export type CreateRequest = Schemas['CreateRequest'];
export type DryRun = Schemas['DryRun'];
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
