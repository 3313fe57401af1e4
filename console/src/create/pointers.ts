// Where a complaint points: JSON pointers (RFC 6901) into the request. Pure.

export function pointerTo(...path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The variable a pointer is about, whether it is given in clear or as a secret; null if it is about none. */
export function variableAt(pointer: string): string | null {
  const [, member, key, ...rest] = pointer.split('/');
  if ((member !== 'environment' && member !== 'secrets') || key === undefined || rest.length > 0) return null;
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}
