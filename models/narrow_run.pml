/*
 * One narrow run of one join, from the ends of its predecessors to the acknowledged start of its successor.
 *
 * Each atomic sequence is one call to a service: what happens inside a call happens at once, between two calls anything may happen. Every
 * worker may crash between any two of its calls (`crashes`); a message it held is then received again, or, after too many times, is
 * dead-lettered (`dead_letters`). Events are lost on their way over a bus, after they were accepted (`losses`), refused (`refusals`)
 * and delivered twice, also long after they were handled (`duplicates`). Queues keep no order. Several workers may hold one message.
 *
 * Labels and inlines are the use cases of layers/fanin/fanin/use_cases. A fills its slot up to twice (a failure and then the success of its
 * redrive, or a success and then that of a later execution), B once: the ranks of the lattice of arrivals. With FAIL_FAST a failure
 * fails the attempt, and what comes after it opens the next; without, the run waits.
 *
 * Safety is in the assertions, liveness in the two formulas at the end. The only fairness assumed is that of time: the sweeper's minute
 * comes whenever nothing else can happen, so there is no run in which a worker with work to do is kept from it for ever. Faults
 * are finite in number, and they are chosen by the checker, as everything else is.
 *
 * Each macro NO_… or …_FIRST is a mutant of the protocol that must be caught; models/checks.py says in which landscape.
 */

#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef DEAD_LETTERS
#define DEAD_LETTERS 0
#endif
#ifndef REFUSALS
#define REFUSALS 0
#endif
#ifndef DUPLICATES
#define DUPLICATES 0
#endif
#ifndef EARLY_SWEEPS
#define EARLY_SWEEPS 0
#endif
#ifndef COLLECTORS
#define COLLECTORS 2
#endif
#ifndef FORWARDERS
#define FORWARDERS 1
#endif
#ifndef STARTERS
#define STARTERS 2
#endif

#define ATTEMPTS 3                       /* index 0 is not used */

/* Ranks of a slot, ascending. */
#define NOTHING 0
#define FAILED_RANK 1
#define SUCCEEDED 2
#define SUCCEEDED_LATER 3

mtype:run_state = { ABSENT, OPEN, SATISFIED, FAILED, ACKNOWLEDGED };
mtype:delivery_state = { NONE, DUE, SENT, DONE };

/* The table. */
mtype:run_state state = ABSENT;
byte rev;
byte attempt = 1;
byte slot[2];
byte accepted[2];                        /* no call knows this: the highest rank that a merge has said yes to */
mtype:delivery_state delivery[ATTEMPTS] = NONE;
byte tries[ATTEMPTS];
bool overdue[ATTEMPTS];                  /* the receipt did not come within its time */
byte frozen[ATTEMPTS];                   /* the slots that were released, as PAIR */

/* The sources, which can be asked. */
byte source[2];

/* The successor account. */
byte starts[ATTEMPTS];
byte input[ATTEMPTS];

/* Messages are bits of queues; what carries more has its content beside it. */
#define COMPLETION(who, rank) (1 << ((who) * 3 + (rank) - 1))
#define RECHECK (1 << 6)
#define RECEIPT(n) (1 << (6 + (n)))
#define RELEASE(n) (1 << (n))
short arrivals, arrivals_ever;
byte departures, releases, releases_ever;
byte content[ATTEMPTS];

byte losses = LOSSES, crashes = CRASHES, dead_letters = DEAD_LETTERS, refusals = REFUSALS, duplicates = DUPLICATES, early = EARLY_SWEEPS;

#define PAIR(a, b) ((a) * 4 + (b))
#define SATISFIES(a, b) ((a) >= SUCCEEDED && (b) >= SUCCEEDED)
#define FAILS(a, b) ((a) == FAILED_RANK || (b) == FAILED_RANK)

inline arrive(message) { arrivals = arrivals | message; arrivals_ever = arrivals_ever | message }

/*
 * At the beginning of each call: the worker may have crashed instead. A message that keeps failing ends in the dead-letter queue.
 * FORGET is what a crash does to a worker, and what it does itself before it takes the next message.
 *
 * A `skip` stands between two calls, as a jump from one atomic sequence into another would keep the others out.
 */
#define MAY_CRASH(queue, message) \
  if \
  :: true \
  :: crashes > 0 -> crashes--; FORGET; goto idle \
  :: dead_letters > 0 -> dead_letters--; queue = queue & ~(message); FORGET; goto idle \
  fi

#define READ_RUN my_state = state; my_rev = rev; my_attempt = attempt; my_a = slot[0]; my_b = slot[1]

#define FORGET my_state = ABSENT; my_delivery = NONE; my_rev = 0; my_attempt = 0; my_a = 0; my_b = 0; my_tries = 0; message = 0
#define TAKEN(who, rank) (arrivals & COMPLETION(who, rank)) -> message = COMPLETION(who, rank)

/* No accepted completion is lost, in particular not to an older one that comes again. */
#define ACCEPT(who, rank) \
  slot[who] = rank; rev++; assert(rank >= accepted[who]); accepted[who] = rank

/* Runs.merge: one conditional update that returns the whole item. */
inline record_arrivals(who, rank) {
  if
  :: state == ABSENT -> state = OPEN; ACCEPT(who, rank); READ_RUN; goto decide_run
#ifdef NO_MERGE_CONDITION
  :: state == OPEN -> ACCEPT(who, rank); READ_RUN; goto decide_run
#else
  :: state == OPEN && rank > slot[who] -> ACCEPT(who, rank); READ_RUN; goto decide_run
  :: state == OPEN && rank <= slot[who] -> READ_RUN;
#ifdef NO_DECISION_ON_SEEN
     goto acknowledge
#else
     goto decide_run
#endif
#endif
  :: state == FAILED && rank > slot[who] -> READ_RUN; goto record_after_closing
  :: state == FAILED && rank <= slot[who] -> goto acknowledge
  :: state == SATISFIED || state == ACKNOWLEDGED -> goto acknowledge      /* late */
  fi
}

/* A failed run keeps what rises (Runs.keep), or begins its next attempt with it (Runs.reopen): both on rev. */
inline record_late(who, rank) {
  if
  :: state == FAILED && rev == my_rev ->
     ACCEPT(who, rank);
     if
     :: rank >= SUCCEEDED && !FAILS(slot[0], slot[1]) -> state = OPEN; attempt++; READ_RUN; goto decide_run
     :: else -> goto acknowledge
     fi
  :: else -> goto offer_again
  fi
}

proctype collector() {
  mtype:run_state my_state;
  mtype:delivery_state my_delivery;
  byte my_rev, my_attempt, my_a, my_b, my_tries;
  short message;

idle: skip;
end_idle:
  atomic {
    if
    :: TAKEN(0, FAILED_RANK)
    :: TAKEN(0, SUCCEEDED)
    :: TAKEN(0, SUCCEEDED_LATER)
    :: TAKEN(1, SUCCEEDED)
    :: (arrivals & RECHECK) -> message = RECHECK
    :: (arrivals & RECEIPT(1)) -> message = RECEIPT(1); my_attempt = 1
    :: (arrivals & RECEIPT(2)) -> message = RECEIPT(2); my_attempt = 2
    fi;
    MAY_CRASH(arrivals, message);
    if
    :: message == COMPLETION(0, FAILED_RANK) -> record_arrivals(0, FAILED_RANK)
    :: message == COMPLETION(0, SUCCEEDED) -> record_arrivals(0, SUCCEEDED)
    :: message == COMPLETION(0, SUCCEEDED_LATER) -> record_arrivals(0, SUCCEEDED_LATER)
    :: message == COMPLETION(1, SUCCEEDED) -> record_arrivals(1, SUCCEEDED)
    :: message == RECHECK -> goto recheck_run
    :: else -> goto acknowledge_delivery
    fi
  };

offer_again: skip;
  atomic {
    MAY_CRASH(arrivals, message);
    if
    :: message == COMPLETION(0, FAILED_RANK) -> record_arrivals(0, FAILED_RANK)
    :: message == COMPLETION(0, SUCCEEDED) -> record_arrivals(0, SUCCEEDED)
    :: message == COMPLETION(0, SUCCEEDED_LATER) -> record_arrivals(0, SUCCEEDED_LATER)
    :: message == COMPLETION(1, SUCCEEDED) -> record_arrivals(1, SUCCEEDED)
    fi
  };

record_after_closing: skip;
  atomic {
    MAY_CRASH(arrivals, message);
    if
    :: message == COMPLETION(0, FAILED_RANK) -> record_late(0, FAILED_RANK)
    :: message == COMPLETION(0, SUCCEEDED) -> record_late(0, SUCCEEDED)
    :: message == COMPLETION(0, SUCCEEDED_LATER) -> record_late(0, SUCCEEDED_LATER)
    :: message == COMPLETION(1, SUCCEEDED) -> record_late(1, SUCCEEDED)
    fi
  };

recheck_run: skip;
  atomic { MAY_CRASH(arrivals, message); READ_RUN; if :: my_state == OPEN -> goto decide_run :: else -> goto acknowledge fi };

decide_run:
  if
  :: SATISFIES(my_a, my_b)
#ifdef FAIL_FAST
  :: !SATISFIES(my_a, my_b) && FAILS(my_a, my_b) -> goto fail
  :: !SATISFIES(my_a, my_b) && !FAILS(my_a, my_b) -> goto acknowledge
#else
  :: !SATISFIES(my_a, my_b) -> goto acknowledge
#endif
  fi;

#ifdef PUBLISH_FIRST
  atomic { MAY_CRASH(arrivals, message); content[my_attempt] = PAIR(my_a, my_b); releases = releases | RELEASE(my_attempt) };
  skip;
#endif
  atomic {                               /* Runs.close: state, frozen release and deliveries in one transaction on rev */
    MAY_CRASH(arrivals, message);
    if
#ifdef NO_REV
    :: state == OPEN ->
#else
    :: state == OPEN && rev == my_rev ->
#endif
       state = SATISFIED; rev++; frozen[my_attempt] = PAIR(my_a, my_b);
       assert(delivery[my_attempt] == NONE);
       assert(frozen[my_attempt] == PAIR(slot[0], slot[1]));             /* no accepted arrival is missing, none is older */
       delivery[my_attempt] = DUE;
       goto wake
    :: else -> goto decide_again
    fi
  };

fail: skip;
  atomic {
    MAY_CRASH(arrivals, message);
    if
#ifdef NO_REV
    :: state == OPEN ->
#else
    :: state == OPEN && rev == my_rev ->
#endif
       state = FAILED; rev++;
       assert(FAILS(slot[0], slot[1]));                                   /* nobody fails what has recovered */
       goto acknowledge
    :: else -> goto decide_again
    fi
  };

decide_again: skip;
  atomic { MAY_CRASH(arrivals, message); READ_RUN; if :: my_state == OPEN -> goto decide_run :: else -> goto acknowledge fi };

wake: skip;
  atomic { MAY_CRASH(arrivals, message); departures = departures | RELEASE(my_attempt); goto acknowledge };

acknowledge_delivery: skip;
  atomic {
    MAY_CRASH(arrivals, message);
    my_delivery = delivery[my_attempt]; my_tries = tries[my_attempt];
    assert(my_delivery != NONE);
#ifdef MARK_FIRST
    goto mark
#endif
  };
complete: skip;
  atomic {                               /* Runs.acknowledge, on attempt and state; the delivery is still due */
    MAY_CRASH(arrivals, message);
    if :: attempt == my_attempt && state == SATISFIED -> state = ACKNOWLEDGED; rev++ :: else fi
  };
mark: skip;
  atomic {                               /* Deliveries.save, on state and tries; refused, read again */
    MAY_CRASH(arrivals, message);
    if
    :: my_delivery == DONE
    :: my_delivery != DONE && delivery[my_attempt] == my_delivery && tries[my_attempt] == my_tries ->
       delivery[my_attempt] = DONE; overdue[my_attempt] = false
    :: else -> my_delivery = delivery[my_attempt]; my_tries = tries[my_attempt]; goto mark
    fi
  };
#ifdef MARK_FIRST
  skip;
  atomic { MAY_CRASH(arrivals, message); if :: attempt == my_attempt && state == SATISFIED -> state = ACKNOWLEDGED; rev++ :: else fi };
#endif

acknowledge: skip;
  atomic { MAY_CRASH(arrivals, message); arrivals = arrivals & ~message; FORGET; goto idle }
}

#undef FORGET
#define FORGET my_attempt = 0; my_tries = 0; my_delivery = NONE

proctype forwarder() {
  byte my_attempt, my_tries;
  mtype:delivery_state my_delivery;

idle: skip;
end_idle:
  atomic {
    if
    :: (departures & RELEASE(1)) -> my_attempt = 1
    :: (departures & RELEASE(2)) -> my_attempt = 2
    fi;
    MAY_CRASH(departures, RELEASE(my_attempt));
    my_delivery = delivery[my_attempt]; my_tries = tries[my_attempt];
    if
    :: my_delivery == DUE || (my_delivery == SENT && overdue[my_attempt])
    :: else -> goto acknowledge
    fi
  };
send_delivery: skip;
  atomic {                               /* Bus.put: signed, accepted, and there or lost; or refused, and it stays due */
    MAY_CRASH(departures, RELEASE(my_attempt));
    if
    :: content[my_attempt] = frozen[my_attempt]; releases = releases | RELEASE(my_attempt); releases_ever = releases_ever | RELEASE(my_attempt)
    :: losses > 0 -> losses--
    :: refusals > 0 -> refusals--; goto acknowledge
    fi
  };
  skip;
  atomic {                               /* Deliveries.save, on state and tries; lost to somebody who knows more is as good */
    MAY_CRASH(departures, RELEASE(my_attempt));
    if
    :: delivery[my_attempt] == my_delivery && tries[my_attempt] == my_tries ->
       delivery[my_attempt] = SENT; tries[my_attempt]++; overdue[my_attempt] = false
    :: else
    fi
  };
acknowledge: skip;
  atomic { MAY_CRASH(departures, RELEASE(my_attempt)); departures = departures & ~RELEASE(my_attempt); FORGET; goto idle }
}

#undef FORGET
#define FORGET my_attempt = 0

/* StateMachines.start: the name is the lock. */
inline start_successor() {
  assert(delivery[my_attempt] != NONE);                                 /* decided, and the decision is in the table */
  assert(SATISFIES(content[my_attempt] / 4, content[my_attempt] % 4) && content[my_attempt] == frozen[my_attempt]);
  if
#ifdef NO_NAME
  :: true -> starts[my_attempt]++; input[my_attempt] = content[my_attempt]
#else
  :: starts[my_attempt] == 0 -> starts[my_attempt]++; input[my_attempt] = content[my_attempt]
  :: starts[my_attempt] > 0 -> assert(input[my_attempt] == content[my_attempt])  /* already started; another input is an alarm */
#endif
  fi;
  assert(starts[my_attempt] <= 1)
}

proctype starter() {
  byte my_attempt;

idle: skip;
end_idle:
  atomic {
    if
    :: (releases & RELEASE(1)) -> my_attempt = 1
    :: (releases & RELEASE(2)) -> my_attempt = 2
    fi;
    MAY_CRASH(releases, RELEASE(my_attempt));
    start_successor()
  };
  skip;
  atomic {
    MAY_CRASH(releases, RELEASE(my_attempt));
    if
    :: arrive(RECEIPT(my_attempt))
    :: losses > 0 -> losses--
    :: refusals > 0 -> refusals--; FORGET; goto idle                      /* not acknowledged: the queue gives it again */
    fi
  };
acknowledge: skip;
  atomic { MAY_CRASH(releases, RELEASE(my_attempt)); releases = releases & ~RELEASE(my_attempt); FORGET; goto idle }
}

/* What an event loses, it finds. Early it may come in between anywhere; a minute in which nothing else can happen always ends with it. */
#define UNHEARD(who) (source[who] > slot[who] && state != SATISFIED && state != ACKNOWLEDGED)
#define UNSENT(n) (delivery[n] == DUE || delivery[n] == SENT)
#define ANYTHING_DUE (state == OPEN || UNSENT(1) || UNSENT(2) || UNHEARD(0) || UNHEARD(1))

proctype sweeper() {
  byte n;

end_idle:
  atomic {
    if
    :: ANYTHING_DUE && early > 0 -> early--
    :: ANYTHING_DUE && timeout
    fi
  };
sweep_due:
#ifndef NO_RECHECK
  atomic { if :: state == OPEN -> arrive(RECHECK) :: else fi };
#endif
  atomic {
    for (n : 1 .. 2) {
      if
      :: delivery[n] == DUE -> departures = departures | RELEASE(n)
#ifndef NO_RESENDING
      :: delivery[n] == SENT -> overdue[n] = true; departures = departures | RELEASE(n)
#endif
      :: else
      fi
    };
    n = 0
  };
  atomic {                               /* ask the sources: they answer with the last they know, past the cursor */
#ifndef NO_ASKING
    if :: UNHEARD(0) -> arrive(COMPLETION(0, source[0])) :: else fi;
    if :: UNHEARD(1) -> arrive(COMPLETION(1, source[1])) :: else fi;
#endif
    goto end_idle
  }
}

/* An execution ends: its source knows at once, the event goes its way, or is lost. */
#define ENDS(who, rank) atomic { source[who] = rank; if :: arrive(COMPLETION(who, rank)) :: losses > 0 -> losses-- fi }

proctype predecessor_a() {
  if
  :: ENDS(0, SUCCEEDED)
  :: ENDS(0, FAILED_RANK); ENDS(0, SUCCEEDED)
  :: ENDS(0, SUCCEEDED); ENDS(0, SUCCEEDED_LATER)
  fi
}

proctype predecessor_b() { ENDS(1, SUCCEEDED) }

/* At least once: what was delivered may be delivered again, after it was handled, too. */
#if DUPLICATES > 0
proctype repeater() {
  do
  :: atomic { duplicates > 0 && arrivals_ever -> duplicates--; arrivals = arrivals_ever }
  :: atomic { duplicates > 0 && releases_ever -> duplicates--; releases = releases_ever }
  :: atomic { duplicates > 0 -> duplicates = 0 }
  :: duplicates == 0 -> break
  od
}
#endif

init {
  byte n;
  atomic {
    for (n : 1 .. COLLECTORS) { run collector() };
    for (n : 1 .. FORWARDERS) { run forwarder() };
    for (n : 1 .. STARTERS) { run starter() };
    n = 0;
    run predecessor_a();
    run predecessor_b();
#if DUPLICATES > 0
    run repeater();
#endif
#ifndef NO_SWEEPER
    run sweeper()
#endif
  }
}

#define released (starts[1] + starts[2] > 0)

ltl acknowledged { <> (released && state == ACKNOWLEDGED && !UNSENT(1) && !UNSENT(2)) }
ltl decided { <> (state == SATISFIED || state == ACKNOWLEDGED) }
