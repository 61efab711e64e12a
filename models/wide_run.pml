/*
 * The look and the claim of one wide run: a journal, a hint, a threshold, and collectors that must not all read the journal and must not
 * leave it unread either.
 *
 * K arrivals of one counted predecessor, NEED of them satisfy the run. Each atomic sequence is one call; workers crash between any two, and
 * their message is received again. A claim whose holder crashed is stale, and anybody may take it over. Labels are the steps of
 * layers/fanin/fanin/use_cases/record_in_journal.py and look_into_journal.py.
 *
 * Safety: the decision has in it everything that was accepted or acknowledged before it, and what comes after it is told to be late.
 * Liveness: the run is satisfied in the end. Each macro below COLLECTORS is a mutant that must be caught.
 */

#ifndef K
#define K 3
#endif
#ifndef NEED
#define NEED 2
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef COLLECTORS
#define COLLECTORS 2
#endif

#define NOBODY 255

/* The queue: bits of messages that are not acknowledged. */
byte queue = (1 << K) - 1;

/* The journal: bits of segments. No call knows what was accepted, acknowledged or told late. */
byte journal, accepted, acknowledged, late, frozen;

/* The run's item. */
bool satisfied, closing;
byte hint, rev, next_look = 1, claim = NOBODY;
bool crashed[COLLECTORS];                 /* whether a claim of that worker is stale */

byte crashes = CRASHES;

#define COUNT(bits) (((bits) & 1) + (((bits) >> 1) & 1) + (((bits) >> 2) & 1) + (((bits) >> 3) & 1))
#define MISSING(seen) (NEED - COUNT(seen))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define FORGET message = 0; mine = 0; seen = 0; seen_hint = 0; seen_rev = 0
#define MAY_CRASH \
  if \
  :: true \
  :: crashes > 0 -> crashes--; if :: claim == me -> crashed[me] = true :: else fi; FORGET; goto idle \
  fi
#define MAY_CLAIM (claim == NOBODY || claim == me || (claim != NOBODY && crashed[claim]))

/* Runs.close_journal, on OPEN and rev. */
inline close() {
#ifdef NO_REV
  if :: !satisfied ->
#else
  if :: !satisfied && rev == seen_rev ->
#endif
       satisfied = true; frozen = seen; claim = NOBODY;
       assert(COUNT(frozen) >= NEED);
       assert((accepted & ~frozen) == 0);                                 /* nothing accepted is missing */
       assert((acknowledged & ~frozen) == 0);                             /* nor anything that nobody will bring again */
       goto closed
  :: else
  fi
}

proctype collector(byte me) {
  byte message, mine, seen, seen_hint, seen_rev;

idle: skip;
end_idle:
  atomic {
    if
    :: (queue & 1) -> message = 1
    :: (queue & 2) -> message = 2
    :: (queue & 4) -> message = 4
    fi;
    MAY_CRASH;
#ifndef HINT_FIRST
    journal = journal | message                                           /* append: the segment, before the hint knows of it */
#endif
  };

add: skip;
  atomic {                               /* one update: ADD hint, ADD rev, on OPEN and not closing, returning the item */
    MAY_CRASH;
    if
    :: satisfied -> goto closed
    :: !satisfied && closing -> goto help
    :: !satisfied && !closing -> hint++; rev++; accepted = accepted | message; mine = hint
    fi;
    if
#ifdef LOOK_ON_CROSSING
    :: mine != next_look -> goto enough
#else
    :: mine < next_look -> goto enough
#endif
    :: else -> goto look
    fi
  };

enough: skip;
#ifdef HINT_FIRST
  atomic { MAY_CRASH; journal = journal | message };
  skip;
#endif
  goto acknowledge;

look: skip;
#ifdef HINT_FIRST
  atomic { MAY_CRASH; journal = journal | message };
#endif
claiming: skip;
  atomic {                               /* claim the look, or wait: for it to end, for it to be stale, for the threshold to pass one's own */
    if
    :: satisfied -> goto closed
    :: !satisfied && next_look > mine -> goto acknowledge
#ifdef WAITER_LEAVES
    :: !satisfied && next_look <= mine && !MAY_CLAIM -> goto acknowledge
#endif
    :: !satisfied && next_look <= mine && MAY_CLAIM -> claim = me; crashed[me] = false; seen_hint = hint; seen_rev = rev
    fi;
    MAY_CRASH
  };
  skip;
  atomic {                               /* read the journal */
    MAY_CRASH;
    seen = journal;
#ifdef HINT_READ_AFTER
    goto read_hint
#endif
  };
#ifdef HINT_READ_AFTER
read_hint: skip;
  atomic { seen_hint = hint };
#endif
#ifdef REV_READ_AFTER
  skip;
  atomic { seen_rev = rev };
#endif
  if
  :: MISSING(seen) <= 0 -> goto yes
  :: else
  fi;

  atomic {                               /* no: the threshold alone, on OPEN, not on rev or hint */
    MAY_CRASH;
    if
    :: satisfied -> goto closed
    :: !satisfied ->
#ifdef MISSING_TOO_HIGH
       next_look = MAX(next_look, seen_hint + MISSING(seen) + 1);
#else
       next_look = MAX(next_look, seen_hint + MISSING(seen));
#endif
       if :: claim == me -> claim = NOBODY :: else fi;
       goto claiming
    fi
  };

yes: skip;
  atomic { MAY_CRASH; close(); if :: satisfied -> goto closed :: !satisfied -> closing = true; seen_rev = rev fi };

help: skip;
  atomic { MAY_CRASH; if :: satisfied -> goto closed :: else fi; seen_rev = rev; seen = journal };
  skip;
  atomic { MAY_CRASH; close(); if :: satisfied -> goto closed :: !satisfied -> goto help fi };

closed: skip;
  atomic {
    MAY_CRASH;
#ifndef NO_LATE_PATH
    late = late | (message & ~frozen);
#endif
    assert((message & ~(frozen | late)) == 0)                             /* in the release, or late */
  };

acknowledge: skip;
  atomic { MAY_CRASH; acknowledged = acknowledged | message; queue = queue & ~message; FORGET; goto idle }
}

init {
  byte n;
  atomic { for (n : 1 .. COLLECTORS) { run collector(n - 1) }; n = 0 }
}

ltl satisfied_in_the_end { <> satisfied }
