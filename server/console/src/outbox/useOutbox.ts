import { useIsMutating, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { SENDING, UNSENT } from "../api/keys";
import { useMe } from "../api/useMe";
import { takenIn } from "../api/useWorkOrderStep";
import { useSpeech } from "../i18n/language";
import { Outbox } from "./Outbox";
import { sendAfterPhoto } from "./sendAfterPhoto";
import { type Change, PhoneShelf } from "./shelf";

const outbox = new Outbox(new PhoneShelf(), sendAfterPhoto);

/** How many photos wait on this phone, of whomever, and a way to let go of them all: who took them may never sign in again. */
export function useUnsentOnPhone() {
  const queries = useQueryClient();
  const { data: unsent = [] } = useQuery({ queryKey: [UNSENT, "all"], queryFn: outbox.all, retry: false });
  const dropping = useMutation({
    mutationFn: () => Promise.all(unsent.map(({ id }) => outbox.drop(id))),
    onSettled: () => queries.invalidateQueries({ queryKey: [UNSENT] }),
  });
  return { count: unsent.length, dropAll: dropping.mutateAsync };
}

/** The photos of the person who is signed in that wait to be sent, and what can be done with them. */
export function useOutbox() {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { data: me } = useMe();
  const person_id = me?.id ?? "";
  const { data: unsent = [] } = useQuery({ queryKey: [UNSENT, person_id], queryFn: () => outbox.of(person_id), retry: false });
  const onSettled = () => queries.invalidateQueries({ queryKey: [UNSENT] });
  const sending = useMutation({
    mutationKey: [SENDING],
    mutationFn: async (anew: string | null) => {
      if (anew !== null) await outbox.amend(anew, { draft: false });
      return outbox.step(person_id, anew);
    },
    onSuccess: (orders) => {
      for (const order of orders) takenIn(queries, order);
      if (orders.length > 0) void message.success(t("work.sent"));
    },
    onSettled,
  });
  return {
    unsent,
    sending: useIsMutating({ mutationKey: [SENDING] }) > 0,
    send: sending.mutate,
    keep: useMutation({ mutationFn: outbox.keep, onSettled }).mutateAsync,
    amend: useMutation({ mutationFn: ({ id, ...change }: { id: string } & Change) => outbox.amend(id, change), onSettled }).mutateAsync,
    drop: useMutation({ mutationFn: outbox.drop, onSettled }).mutateAsync,
  };
}
