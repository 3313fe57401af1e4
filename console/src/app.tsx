// The console, put together: the cache of answers, what is live, and the routes.

import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { newQueryClient } from './api/queries';
import { LiveContext } from './live/context';
import { Live } from './live/live';
import { router } from './routes';

const client = newQueryClient();
const live = new Live(client);

export function App() {
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, []);
  return (
    <QueryClientProvider client={client}>
      <LiveContext value={live}>
        <RouterProvider router={router} />
      </LiveContext>
    </QueryClientProvider>
  );
}
