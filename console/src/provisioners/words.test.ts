import { expect, test } from 'vitest';
import type { Provisioner } from '../api/types';
import { standingWords } from './words';

const words = (standing: string, instances: number) => standingWords({ standing, instances } as Provisioner);

test('a provisioner that does not serve says what becomes of its instances', () => {
  expect(words('serving', 1)).toBeNull();
  expect(words('retired', 1)).toMatch(/after the 1 instance it has/);
  expect(words('disabled', 2)).toMatch(/its 2 instances are left as they are/);
});
