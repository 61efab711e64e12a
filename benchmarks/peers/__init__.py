"""Prefect and Airflow on this machine, today: what docs/performance.md sets fanin beside. `make bench-peers`, then `make bench`.

Machines of one kind differ by a factor of three from day to day, so only figures of the same machine and day compare. Assumed:

- Each peer has an environment of its own under build/peers, one pinned release, what it needs as of the day after that release. Its real
  server processes listen on 127.0.0.1, keep everything under build/peers/homes, and are told to report to nobody.
- Both have a PostgreSQL of this machine with its own defaults, as their documentation asks for in production (on Debian: apt-get install
  postgresql; as root it runs as nobody, who must be able to reach the worktree). Prefect's own default, SQLite, was tried: it was often
  locked, the median was the same, the tail two seconds, and a burst stood still.
- Prefect: `prefect server start` as shipped. One automation with a compound trigger (`require: all`, an hour) of two event triggers with
  `for_each` on the key, and run-deployment as its action. No worker: the consumer is a flow run that is scheduled.
- Airflow: one scheduler, one API server with its one worker, LocalExecutor, no Dag processor (the Dag is read once before) and no
  triggerer. One Dag on two partitioned assets, whose only task is an EmptyOperator, so that no executor is asked. Once with the
  scheduler's own idle sleep of a second, once with a tenth of it: sooner, and more processor time.
- One key at a time: the first predecessor's event, a pause of 0.2 to 1.2 s, the second's. The time is from before sending that to when
  the peer says that it created the consumer (`created`, `run_after`), which is before its transaction ends.
  That clock is in the peers' favour: fanin's is the start of an execution.
- The burst: both events of a key right after each other, 600 events over 300 keys, after one of 60. Prefect takes 50 a request, Airflow
  one, over one connection and then over eight, where both events of a key are in flight at once, as in fanin's burst. Its time ends with
  the last consumer that is created; it is over when all are there, or when none has come for 12 s.
- Processor time is that of all processes of the peer from the burst's beginning until its last consumer is seen, idle work included, for
  each event. PostgreSQL's is told apart, since fanin's figure has none of its database either. The sender's is not counted.
- A key is released when there is exactly one consumer, in which its own two events met.
"""
