"""The donation game of one dollar in Mesa: each turn a player drawn at random gives a
dollar to another, or passes where there is none. Prints moves a second, the making of
the model not counted.

usage: mesa_money.py PLAYERS ROUNDS SEED
"""

import sys
import time

import mesa


class Player(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.dollars = 1

    def turn(self):
        if self.dollars == 0:
            return
        other = self.random.choice(self.model.players)
        while other is self:
            other = self.random.choice(self.model.players)
        self.dollars -= 1
        other.dollars += 1


class Money(mesa.Model):
    def __init__(self, players, seed):
        super().__init__(seed=seed)
        Player.create_agents(self, players)
        self.players = list(self.agents)

    def step(self):
        choice, players = self.random.choice, self.players
        for _ in players:
            choice(players).turn()


def main():
    players, rounds, seed = map(int, sys.argv[1:])
    model = Money(players, seed)
    begun = time.perf_counter()
    for _ in range(rounds):
        model.step()
    took = time.perf_counter() - begun
    if sum(p.dollars for p in model.players) != players:
        sys.exit("dollars were lost")
    print(players * rounds / took)


if __name__ == "__main__":
    main()
