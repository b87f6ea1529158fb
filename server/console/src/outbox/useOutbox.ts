import { useIsMutating, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { REPORT, SENDING, UNSENT } from "../api/keys";
import type { Reported, WorkOrder } from "../api/types";
import { useMe } from "../api/useMe";
import { takenIn } from "../api/useWorkOrderStep";
import { useSpeech } from "../i18n/language";
import { Outbox } from "./Outbox";
import { sendAfterPhoto } from "./sendAfterPhoto";
import { sendReport } from "./sendReport";
import { type Change, changed, endOf, isReport, NOBODY, PhoneShelf, type Unsent } from "./shelf";

export const outbox = new Outbox<WorkOrder | Reported>(new PhoneShelf(), (one) => (isReport(one) ? sendReport(one) : sendAfterPhoto(one)));

/** What waits on this phone of people who sign in, until when, and a way to let go of it all: they may never sign in again. */
export function useUnsentOnPhone() {
  const queries = useQueryClient();
  const { data: all = [] } = useQuery({ queryKey: [UNSENT, "all"], queryFn: outbox.all, retry: false });
  const unsent = all.filter(({ person_id }) => person_id !== NOBODY);
  const dropping = useMutation({
    mutationFn: () => Promise.all(unsent.map(({ id }) => outbox.drop(id))),
    onSettled: () => queries.invalidateQueries({ queryKey: [UNSENT] }),
  });
  return { count: unsent.length, end_ms: Math.max(...unsent.map(endOf)), dropAll: dropping.mutateAsync };
}

/** What waits to be sent of the person who is signed in, and what can be done with it. */
export function useOutbox() {
  const { data: me } = useMe();
  return useOutboxOf(me?.id ?? "");
}

/** What waits to be sent of a person, or of NOBODY. */
export function useOutboxOf(person_id: string) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const key = [UNSENT, person_id];
  const { data: unsent = [], isPending } = useQuery({ queryKey: key, queryFn: () => outbox.of(person_id), retry: false });
  const onSettled = () => queries.invalidateQueries({ queryKey: [UNSENT] });
  const sending = useMutation({
    mutationKey: [SENDING],
    mutationFn: async (anew: string | null) => {
      if (anew !== null) await outbox.amend(anew, { draft: false });
      return outbox.step(person_id, anew);
    },
    onSuccess: (taken) => {
      for (const one of taken) {
        if ("token" in one) queries.setQueryData([REPORT, one.token], one);
        else takenIn(queries, one);
      }
      if (taken.length > 0) void message.success(t(taken.some((one) => "token" in one) ? "report.sent" : "work.sent"));
    },
    onSettled,
  });
  return {
    unsent,
    /** Whether it is not known yet what waits. */
    reading: isPending,
    sending: useIsMutating({ mutationKey: [SENDING] }) > 0,
    send: sending.mutate,
    keep: useMutation({ mutationFn: outbox.keep, onSettled }).mutateAsync,
    /** What is known of it is changed in place: to read a photo anew for each letter that is written would be slow. */
    amend: useMutation({
      mutationFn: ({ id, ...change }: { id: string } & Change) => outbox.amend(id, change),
      onMutate: ({ id, ...change }) => {
        queries.setQueryData<Unsent[]>(key, (all) => all?.map((one) => (one.id === id ? changed(one, change) : one)));
      },
      onError: onSettled,
    }).mutateAsync,
    drop: useMutation({ mutationFn: outbox.drop, onSettled }).mutateAsync,
  };
}
