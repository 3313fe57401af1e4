// A value that others must not read over one's shoulder: masked, and shown only for as long as it is wanted.

import { Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import { IconButton } from '../design/button';
import { TextInput } from '../design/field';
import { refuseLines } from './one-line';

export function SecretInput(props: ComponentProps<'input'>) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <span className="relative block">
      <TextInput
        {...props}
        type={shown ? 'text' : 'password'}
        autoComplete="new-password"
        onPaste={refuseLines}
        className="pr-9"
      />
      <IconButton
        label={shown ? 'Hide value' : 'Show value'}
        aria-controls={props.id}
        onClick={() => setShown(!shown)}
        className="absolute inset-y-0 right-0 my-auto"
      >
        <Icon size={15} aria-hidden />
      </IconButton>
    </span>
  );
}
