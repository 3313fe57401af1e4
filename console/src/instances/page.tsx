import { useRoster } from '../live/context';
export function InstancesPage() {
  const r = useRoster();
  return <p>{r.records.size}</p>;
}
